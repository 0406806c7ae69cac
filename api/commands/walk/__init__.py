"""The demonstration's walk, step by step, as outsiders would take it: over HTTP, in a browser, on the command line.

What lives here: one module a step, the stage they share, and the server process they talk to. What does not:
the command itself (`api.commands.demo`) and any rule of the domain. Only public doors are used.
"""

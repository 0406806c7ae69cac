"""Watching a log from outside: witness, mirror, monitor. Nothing here trusts the log, or knows a ledger's store.

Each is a state machine over bytes: a request or a source of files comes in, an answer, files or findings come
out; the clock is an argument, what must be remembered is in a small store.

Not here: HTTP servers and command lines (`api.commands`), the network (`ledger.outbound`).
"""

"""The documents: every command, example, link and table of them is true."""

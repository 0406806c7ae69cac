"""Bytes to frozen values and back: one module a format, strict to parse, canonical to dump.

Each module names its specification. Nothing here decides whom to trust (`verifiers.policy`) or what
a whole document is worth (`verifiers.verify`).
"""

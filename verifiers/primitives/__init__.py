"""The smallest pieces of verification: strict reading, encodings, keys, canonical forms and trees.

Every module here is one specification, takes and returns plain values, and raises the errors of
`verifiers.errors`. Nothing here knows what a credential is.
"""

"""What really hurt transparency logs, and what an operator or a disk may do: each is done here to this ledger.

One file an incident; the docstring says what happened then. The fault is injected into a real ledger on SQLite,
and the test names the code of the refusal or of the finding. Source: THREATS, M1 to M11, E2, E3, E8, F13.
"""

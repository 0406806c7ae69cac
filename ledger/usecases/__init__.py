"""One module a use case: what the outside may ask of the ledger.

HTTP and pages call these and nothing deeper.
Each function takes the ledger, who asks (`access.Actor`) and a frozen command, and returns a frozen result.
"""

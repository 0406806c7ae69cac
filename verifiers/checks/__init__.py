"""The parts of a verification, one question each; `verifiers.verify` puts them in order.

Each takes what it needs as arguments and answers with `Check` objects; none raises for a bad document.
"""

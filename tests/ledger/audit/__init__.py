"""Tests of the audit: a ledger as the use cases leave it, and what somebody does to its rows."""

"""Steps that bring a database to its newest shape, run by `ledger.store.engine.migrate` (alembic).

Two chains, each with its own version table: `ledger` and `vault`. A released step is never edited.
"""

"""The use cases on a real ledger in a temporary folder: SQLite, real keys, a clock that the test moves."""

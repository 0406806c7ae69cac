"""Secrets, none of them in the ledger's database: persons' data keys (vault) and keys that sign (signing)."""

"""Secrets: persons' data keys (vault) and the keys that sign (signing). Nothing here is in the ledger's database."""

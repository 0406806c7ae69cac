"""Steps of the ledger's own database."""

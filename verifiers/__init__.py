"""Offline and pure verification: no network, database, web framework or private key."""

"""Faults that really happen: the server is killed while it works."""

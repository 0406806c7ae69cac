"""The transparency log over the store: tiles, signed heads and receipts (RFC 9162, C2SP tlog)."""

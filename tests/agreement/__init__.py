"""Two verifiers, one verdict: the Python package and api/web/static/verifier.js on the same files."""

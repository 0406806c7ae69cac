"""HTTP in, HTTP out. No rule of the domain lives here."""

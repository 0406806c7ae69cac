"""The rules, tested as given / when / then, without store, clock or key."""

"""Fixed inputs with what must come of them; each folder names its source."""

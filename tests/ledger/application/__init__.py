"""The application: codecs, clock, status places, wiring."""

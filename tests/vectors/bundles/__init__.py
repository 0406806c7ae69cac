"""Golden bundles, one folder a release, kept for ever."""

"""Tests of what goes out over the network."""

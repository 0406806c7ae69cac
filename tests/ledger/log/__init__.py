"""Tests of the floor or room with the same name."""

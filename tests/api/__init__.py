"""Tests of the HTTP API: what it does, and above all what it refuses."""

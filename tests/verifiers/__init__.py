"""Tests of the verifier library."""

"""Tests of composing and reading credentials."""

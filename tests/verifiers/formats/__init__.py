"""Tests of the formats: strict to parse, canonical to dump, every refusal by its code."""

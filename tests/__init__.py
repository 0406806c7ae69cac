"""Tests: they mirror the tree; flows, vectors, faults and peers have folders of their own."""

"""Tests of the contract with the world."""

"""Tests of watching a log from outside."""

"""The record-keeper: knows storage and secrets, nothing of HTTP."""

"""The contract with the world: models and pinned contexts. Imports nothing of ours."""

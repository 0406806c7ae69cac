"""The folds, tested without a store."""

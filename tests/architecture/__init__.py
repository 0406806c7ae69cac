"""The house itself: layering, sizes, docstrings and calls that are banned. What is written here, a build enforces."""

"""Benchmarks: `python -m bench NAME` prints its ratios, the figure last, and exits non-zero below target.

Ratios are measured against a peer in the same run, on the same disk, in turns; absolutes are for the eye.
"""

"""The command line of the benchmarks: python -m bench NAME [options]."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("append", "audit", "history", "log")


def main(arguments: list[str]) -> int:
    """Run one benchmark; 0 when its targets are met, 1 when not, 64 for wrong usage."""
    if not arguments or arguments[0] not in NAMES:
        sys.stderr.write(f"usage: python -m bench {{{','.join(NAMES)}}} [--quick]\n")
        return 64
    met: bool = import_module(f"bench.{arguments[0]}").main(arguments[1:])
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

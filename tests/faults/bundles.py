"""A campaign on damaged bundles: `python -m tests.faults.bundles [--n N] [--seed S]`.

Both verifiers judge each file; they must say the same wherever both can check (`tests.agreement.sides`). Files about
which they differ are kept in a folder of their own. The test suite runs a short one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.agreement.damage import questions
from tests.agreement.running import Outcome, compare

CHUNK = 500
PROCESSES = 2


def run(seed: int, count: int, keep: Path) -> Outcome:
    """Judge the files of one chunk."""
    return compare(questions(seed, count), log=keep / f"{seed}.log", keep=keep)


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign and tell what came of it; the exit status says whether the two agreed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000, help="files (10,000)")
    parser.add_argument("--seed", type=int, default=1, help="where chance begins (1)")
    options = parser.parse_args(arguments)
    chunks = [min(CHUNK, options.n - start) for start in range(0, options.n, CHUNK)]
    seeds = [options.seed * 1_000_000 + number for number in range(len(chunks))]
    keep = Path(tempfile.mkdtemp(prefix="bundles-"))
    total = Outcome()
    with ProcessPoolExecutor(PROCESSES) as pool:
        for done, outcome in enumerate(pool.map(run, seeds, chunks, [keep] * len(chunks)), start=1):
            total.add(outcome)
            sys.stderr.write(f"\r{done} of {len(chunks)} chunks, {len(total.differences)} differences")
    sys.stderr.write("\n")
    print(f"{options.n} files from seed {options.seed}: {dict(total.verdicts)}; {len(total.codes)} codes")
    print(f"{len(total.differences)} differences, kept in {keep}")
    for found in total.differences[:20]:
        print(f"  {found}")
    return 1 if total.differences else 0


if __name__ == "__main__":
    sys.exit(main())

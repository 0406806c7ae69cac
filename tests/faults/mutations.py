"""Change a stored ledger in every way that somebody with every right could, and see whether the audit names it.

    python -m tests.faults.mutations --n 2000 --database sqlite|postgresql [--seed N]

Nine of ten mutations are of rows, the tenth of files of the copied log: a bit flipped, something deleted, inserted,
swapped or truncated. Each is audited and undone. Ends with one line, and non-zero when anything was not named, or
when a ledger that nobody touched was not clean.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests import postgres
from tests.conftest import Kind
from tests.faults.kill import KINDS
from tests.ledger.audit.stored import Stored, store
from tests.ledger.audit.trials import missed, missed_files
from verifiers.worker import Pool

TOLD_EVERY = 100


def stored(kind: Kind, folder: Path, stack: ExitStack) -> Stored:
    """Return a ledger in a folder, on a database of this campaign alone."""
    url = admin_url = f"sqlite:///{folder / 'data' / 'ledger.sqlite'}"
    if kind == "postgresql":
        server = stack.enter_context(postgres.server(folder / "postgres"))
        url = stack.enter_context(postgres.database(server, "mutations"))
        admin = postgres.as_user(server, postgres.ADMIN, "mutations")
        admin_url = admin.replace("postgresql://", "postgresql+psycopg://")
    with Pool(1, warm=("verifiers",)) as pool:
        return store(kind, folder / "data", pool, url, admin_url)


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutations")
    parser.add_argument("--n", type=int, default=2_000, help="mutations")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--seed", type=int, default=None, help="of the sample; printed")
    options = parser.parse_args(arguments)
    seed = random.randrange(2**32) if options.seed is None else options.seed
    files = options.n // 10

    def tell(what: str, done: int, of: int) -> None:
        if done % TOLD_EVERY == 0 or done == of:
            print(f"{what}: {done}/{of}", flush=True)

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leerspoor-mutations-")))
        found = stored(options.database, folder, stack)
        rows = options.n - files
        wrong = missed(found, seed, rows, lambda done: tell("rows", done, rows))
        wrong += missed_files(found, seed, files, lambda done: tell("files", done, files))
    for line in wrong:
        print(line)
    print(
        f"campaign mutations on {options.database}, seed {seed}: {options.n} mutations, {len(wrong)} not named, "
        f"a clean ledger {'not ' * any(line.startswith('clean') for line in wrong)}clean"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

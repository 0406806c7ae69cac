"""The campaign of operator lies: every one is refused by a witness or reported by a monitor, by its name.

    python -m tests.faults.lies --n N --honest M --seed S

Each case is a small log with a history: a witness that cosigned it, a monitor that looked at it. Then its
operator lies once, in one of the ways of `tests.faults.lying`, and both are asked. A case that nobody catches
under its name is printed with its seed; so is an honest head that anybody complains about.

Source: THREATS E1, E4, E5, E11, C4 and F12.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ledger.errors import LedgerError
from ledger.oversight.promises import Sighting
from ledger.oversight.witness import Witness
from tests.faults.lying import LIES, OPERATOR, SIZE_MAX, WITNESS, Caught, Expected, Lie, Scene, make_scene
from tests.faults.operator import ORIGIN, ask, with_lines


@dataclass(frozen=True)
class Case:
    """One lie and what came of it."""

    seed: str
    name: str
    caught: Caught
    expected: Expected

    @property
    def escaped(self) -> bool:
        """Whether nobody caught it by its name."""
        return not self.expected.fits(self.caught)


def lies(count: int, seed: int) -> Iterator[Case]:
    """Yield that many lies, of all kinds in turn; each has a seed of its own."""
    for number in range(count):
        yield lie(f"{seed}:{number}", LIES[number % len(LIES)])


def lie(seed: str, kind: Lie) -> Case:
    """Return one lie, from its seed alone."""
    caught, expected = kind(make_scene(random.Random(seed)))
    return Case(seed, kind.__name__, caught, expected)


def honest(count: int, seed: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield what witness and monitor say to that many honest heads: the size, and codes that should not be.

    The witness is restarted, asked twice, asked with an old size; the monitor looks now and then, so that it
    meets heads that are many sizes apart; receipts are held and kept.
    """
    rng = random.Random(f"honest {seed}")
    done = 0
    while done < count:
        scene = make_scene(rng)
        for _ in range(min(100, count - done)):
            yield scene.rows.size, tuple(_honest_step(scene))
            done += 1


def _honest_step(scene: Scene) -> Iterator[str]:
    rng, rows = scene.rng, scene.rows
    scene.clock.pass_(rng.randint(0, 900))
    if rng.random() < 0.05 and rows.size < SIZE_MAX:
        opening, promised = OPERATOR.opening(rows.size, scene.clock())
        rows.append(promised)
        scene.receipts[f"receipt {rows.size}"] = OPERATOR.receipt(rows, rows.size - 1, opening=opening)
    scene.grow(min(rng.choice((0, 1, 1, 2, rng.randint(0, 40))), 4 * SIZE_MAX - rows.size))
    if rng.random() < 0.1:
        scene.witness = Witness([WITNESS], {ORIGIN: [OPERATOR.key]}, scene.store, scene.clock)
    head, lines = OPERATOR.head(rows), b""
    cosigned_last = scene.cosigned_last()
    for old in (rng.choice((0, cosigned_last, cosigned_last, cosigned_last)), cosigned_last):
        try:
            lines = scene.witness.add_checkpoint(ask(rows, head, old))
            break
        except LedgerError as error:
            if error.code != "old_size_conflict" or error.got != str(cosigned_last):
                yield error.code
    if not lines:
        yield "not_cosigned"
    elif rng.random() < 0.15:
        cosigned = with_lines(head, lines)
        found = scene.look(OPERATOR.serve(rows, cosigned), views={"w": scene.store.notes[ORIGIN]})
        yield from (one.code for one in found.findings)
        if found.head is None:
            yield "not_remembered"
        scene.seen = cosigned
        scene.sightings = [*scene.sightings[-20:], Sighting(scene.clock(), cosigned.size)]
        scene.receipts = dict(list(scene.receipts.items())[-2:])


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; return 1 when anything escaped."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.lies")
    parser.add_argument("--n", type=int, default=1_000, help="lies")
    parser.add_argument("--honest", type=int, default=10_000, help="honest heads")
    parser.add_argument("--seed", type=int, default=20261124)
    options = parser.parse_args(arguments)
    kinds: Counter[str] = Counter()
    escaped = 0
    for case in lies(options.n, options.seed):
        kinds[case.name] += 1
        if case.escaped:
            escaped += 1
            print(f"escaped: {case.name} seed {case.seed}: {case.caught}, expected {case.expected}")
    complaints = 0
    for size, codes in honest(options.honest, options.seed):
        if codes:
            complaints += 1
            print(f"honest head of {size} refused: {', '.join(codes)}")
    told = ", ".join(f"{count} {name}" for name, count in sorted(kinds.items()))
    print(f"lies, seed {options.seed}: {options.n} ({told}), {escaped} escaped")
    print(f"honest heads: {options.honest}, {complaints} refused or reported")
    return 1 if escaped or complaints else 0


if __name__ == "__main__":
    sys.exit(main())

"""The ways in which the operator of a log can lie, each done once to a small log with a past.

A way takes a scene, lies, shows the lie to a witness or a monitor, and returns what came of it beside the
codes that name it. Where the lie is about the log alone, its head is cosigned by a witness that colludes, so
that a missing cosignature never stands in for the finding that is meant.

Not here: counting (`tests.faults.lies`), the log itself (`tests.faults.operator`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ledger.errors import LedgerError
from ledger.oversight.findings import proves_fork
from ledger.oversight.monitor import Look, Rules, Watch, look
from ledger.oversight.promises import Sighting
from ledger.oversight.witness import Witness
from tests.faults.operator import (
    ORIGIN,
    START,
    Clock,
    MemoryStore,
    Operator,
    Rows,
    Served,
    ask,
    cosigner,
    entry,
    request,
    with_lines,
    without,
)
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.tile import ENTRIES, TilePath, tiles_of
from verifiers.formats.witness_policy import Witness as Named
from verifiers.formats.witness_policy import WitnessPolicy

OPERATOR = Operator()
WITNESS = cosigner("w.example/1")
POLICY = WitnessPolicy((), {"w": Named("w", WITNESS.key)}, {}, "w")
RULES = Rules(OPERATOR.key, POLICY, fresh=timedelta(days=1))
SIZE_MAX = 600
ENTRIES_POOL = [entry(number) for number in range(4 * SIZE_MAX)]


@dataclass
class Scene:
    """A log that was honest so far.

    Args:
        rows: its tree, cosigned and looked at up to `seen`.
        seen: the cosigned head.
        receipts: promises that somebody holds, by name.
    """

    rng: random.Random
    rows: Rows
    clock: Clock
    store: MemoryStore
    witness: Witness
    seen: Checkpoint
    sightings: list[Sighting]
    receipts: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """What was cosigned and seen."""
        return self.seen.size

    def grow(self, count: int) -> None:
        """Add entries, honestly."""
        for _ in range(count):
            self.rows.append(ENTRIES_POOL[self.rows.size])

    def cosigned_last(self) -> int:
        """Return the size that the witness cosigned last."""
        return checkpoints.parse(self.store.notes[ORIGIN]).size

    def cosigned(self, rows: Rows) -> Checkpoint:
        """Return a head that a witness cosigned although it may be a lie: it colludes, and forgets."""
        colluding = Witness([WITNESS], {ORIGIN: [OPERATOR.key]}, MemoryStore(), self.clock)
        head = OPERATOR.head(rows)
        return with_lines(head, colluding.add_checkpoint(request(head, 0, ())))

    def look(self, served: Served, *, rules: Rules = RULES, views: Mapping[str, str] | None = None) -> Look:
        """Let the monitor look at what it is shown."""
        watch = Watch(served, self.seen.dump(), self.sightings, views or {}, self.receipts)
        return look(watch, rules, at=self.clock())


@dataclass(frozen=True)
class Caught:
    """What came of a lie: the witness's refusal, the monitor's codes, and whether its evidence convinces others."""

    refused: str | None
    found: frozenset[str]
    convicting: bool = True


@dataclass(frozen=True)
class Expected:
    """Which codes name the lie: the witness's (None: it is not asked), and one of which the monitor must find."""

    refused: frozenset[str] | None
    found: frozenset[str]

    def fits(self, caught: Caught) -> bool:
        """Return whether the lie was caught as it must be."""
        witness = self.refused is None or caught.refused in self.refused
        return witness and bool(caught.found & self.found) and caught.convicting


Lie = Callable[[Scene], tuple[Caught, Expected]]


def make_scene(rng: random.Random) -> Scene:
    """Return a log with a past."""
    # Sizes around whole tiles are where arithmetic goes wrong.
    size = rng.choice((rng.randint(2, 40), rng.randint(2, SIZE_MAX), 255, 256, 257, 511, 512))
    rows = Rows(ENTRIES_POOL[:size])
    clock, store = Clock(), MemoryStore()
    witness = Witness([WITNESS], {ORIGIN: [OPERATOR.key]}, store, clock)
    head = OPERATOR.head(rows)
    seen = with_lines(head, witness.add_checkpoint(request(head, 0, ())))
    scene = Scene(rng, rows, clock, store, witness, seen, [Sighting(START, size)])
    clock.pass_(rng.randint(120, 3_600))
    return scene


def _submit(scene: Scene, rows: Rows, head: Checkpoint) -> str | None:
    """Ask the honest witness for its word, as cleverly as the operator can; return its refusal."""
    refusals = []
    for old in dict.fromkeys((scene.size, head.size, 0)):
        try:
            scene.witness.add_checkpoint(ask(rows, head, old))
        except LedgerError as error:
            refusals.append(error.code)
        else:
            return None
    return refusals[0]


def _caught(found: Look, refused: str | None = None) -> Caught:
    forks = [one for one in found.findings if one.code == "fork"]
    evidence = [proves_fork(one.dump(at=START, key=OPERATOR.key), OPERATOR.key) for one in forks]
    return Caught(refused, frozenset(one.code for one in found.findings), all(evidence))


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(codes)


def _shown(scene: Scene, rows: Rows) -> Caught:
    """Show another tree to everybody: the honest witness is asked, the monitor looks."""
    refused = _submit(scene, rows, OPERATOR.head(rows))
    return _caught(scene.look(OPERATOR.serve(rows, scene.cosigned(rows))), refused)


_REWRITTEN = Expected(_codes("root_conflict", "proof_wrong", "old_size_too_large"), _codes("fork"))


def rewrite(scene: Scene) -> tuple[Caught, Expected]:
    """Replace an entry of the past, and sign the tree that it makes."""
    scene.grow(scene.rng.choice((0, 1, scene.rng.randint(1, 300))))
    other = without(scene.rows, {scene.rng.randrange(scene.size): scene.rng.randbytes(32)})
    return _shown(scene, other), _REWRITTEN


def delete(scene: Scene) -> tuple[Caught, Expected]:
    """Leave an entry of the past out; the rest moves up."""
    grown = scene.rng.randint(1, 300)
    scene.grow(grown)
    other = without(scene.rows, {scene.rng.randrange(scene.size): None})
    return _shown(scene, other), _REWRITTEN


def reorder(scene: Scene) -> tuple[Caught, Expected]:
    """Swap two entries of the past."""
    scene.grow(scene.rng.choice((0, scene.rng.randint(1, 300))))
    first, second = scene.rng.sample(range(scene.size), 2)
    entries = scene.rows.entries
    other = without(scene.rows, {first: entries[second], second: entries[first]})
    return _shown(scene, other), _REWRITTEN


def roll_back(scene: Scene) -> tuple[Caught, Expected]:
    """Go back to an older state, and perhaps grow otherwise from there."""
    back = scene.rng.randrange(scene.size)
    other = Rows(scene.rows.entries[:back])
    if scene.rng.random() < 0.5:
        return _shown(scene, other), Expected(
            _codes("old_size_too_large", "old_size_conflict"), _codes("went_back")
        )
    while other.size < scene.size + scene.rng.choice((0, 3)):
        other.append(scene.rng.randbytes(32))
    return _shown(scene, other), _REWRITTEN


def split_view(scene: Scene) -> tuple[Caught, Expected]:
    """Show a new monitor another log from the start; only what the witness saw gives it away."""
    other = without(scene.rows, {scene.rng.randrange(scene.size): scene.rng.randbytes(32)})
    for _ in range(scene.rng.choice((0, 5))):
        other.append(scene.rng.randbytes(32))
    head = scene.cosigned(other)
    watch = Watch(OPERATOR.serve(other, head), views={"w": scene.seen.dump()})
    return _caught(look(watch, RULES, at=scene.clock())), Expected(None, _codes("fork"))


def withhold(scene: Scene) -> tuple[Caught, Expected]:
    """Freeze what the monitor sees while the log goes on elsewhere."""
    shown = scene.cosigned(scene.rows)
    scene.grow(scene.rng.randint(1, 50))
    view = scene.cosigned(scene.rows)
    scene.clock.pass_(scene.rng.randint(400, 4_000))
    found = scene.look(
        OPERATOR.serve(Rows(scene.rows.entries[: scene.size]), shown), views={"w": view.dump()}
    )
    return _caught(found), Expected(None, _codes("withheld"))


def _new_files(scene: Scene) -> list[TilePath]:
    return list(tiles_of(scene.rows.size, since=scene.size))


def lose_a_file(scene: Scene) -> tuple[Caught, Expected]:
    """Take a file away that the head promises."""
    scene.grow(scene.rng.randint(1, 300))
    path = scene.rng.choice(_new_files(scene))
    served = OPERATOR.serve(scene.rows, scene.cosigned(scene.rows))
    served.changed |= {path.dump(): None, TilePath(path.level, path.index).dump(): None}
    return _caught(scene.look(served)), Expected(
        None, _codes("entry_missing" if path.level == ENTRIES else "tile_missing")
    )


def spoil_a_file(scene: Scene) -> tuple[Caught, Expected]:
    """Flip a bit of a file, cut it short, or make it longer."""
    scene.grow(scene.rng.randint(1, 300))
    path = scene.rng.choice(_new_files(scene))
    good = scene.rows.file(path.dump()) or b""
    at = scene.rng.randrange(len(good))
    flipped = good[:at] + bytes([good[at] ^ 1 << scene.rng.randrange(8)]) + good[at + 1 :]
    served = OPERATOR.serve(scene.rows, scene.cosigned(scene.rows))
    served.changed[path.dump()] = scene.rng.choice((flipped, good[:at], good + b"\x00", b""))
    of_tiles = _codes("tile_wrong", "root_mismatch")
    return _caught(scene.look(served)), Expected(
        None, _codes("entry_wrong") if path.level == ENTRIES else of_tiles
    )


def swap_in_a_file(scene: Scene) -> tuple[Caught, Expected]:
    """Swap two entries, or two hashes, in one file only."""
    scene.grow(scene.rng.randint(2, 300))
    entries = scene.rng.random() < 0.5
    path = next(
        (one for one in _new_files(scene) if (one.level == ENTRIES) == entries and one.width > 1), None
    )
    if path is None:
        return reorder(scene)
    good = scene.rows.file(path.dump()) or b""
    width = len(good) // path.width
    parts = [good[at : at + width] for at in range(0, len(good), width)]
    first, second = scene.rng.sample(range(len(parts)), 2)
    parts[first], parts[second] = parts[second], parts[first]
    served = OPERATOR.serve(scene.rows, scene.cosigned(scene.rows))
    served.changed[path.dump()] = b"".join(parts)
    return _caught(scene.look(served)), Expected(
        None, _codes("entry_wrong") if entries else _codes("tile_wrong", "root_mismatch")
    )


def another_root(scene: Scene) -> tuple[Caught, Expected]:
    """Sign a root that no tree has."""
    scene.grow(scene.rng.randint(1, 300))
    lie = OPERATOR.lie(scene.rows.size, scene.rng.randbytes(32))
    refused = _submit(scene, scene.rows, lie)
    return _caught(scene.look(OPERATOR.serve(scene.rows, lie)), refused), Expected(
        _codes("proof_wrong"), _codes("root_mismatch")
    )


def spoil_the_head(scene: Scene) -> tuple[Caught, Expected]:
    """Flip a bit of the head itself."""
    note = bytearray(scene.seen.dump().encode())
    end = note.index(
        b"\n\n"
    )  # a cosignature's line may name somebody unknown afterwards: no fault of the head
    note[scene.rng.randrange(end)] ^= 1 << scene.rng.randrange(8)
    served = Served(scene.rows, bytes(note))
    return _caught(scene.look(served)), Expected(None, _codes("checkpoint_wrong"))


def omit(scene: Scene) -> tuple[Caught, Expected]:
    """Give a receipt for an event, and publish a log without it."""
    opening, promised = OPERATOR.opening(1, scene.clock())
    private = Rows([*scene.rows.entries, promised])
    with_opening = scene.rng.random() < 0.7
    scene.receipts["receipt"] = OPERATOR.receipt(
        private, private.size - 1, opening=opening if with_opening else None
    )
    scene.clock.pass_(scene.rng.randint(61, 4_000))
    scene.grow(scene.rng.choice((0, 1, scene.rng.randint(1, 300))))
    head = scene.cosigned(scene.rows)
    return _caught(scene.look(OPERATOR.serve(scene.rows, head))), Expected(None, _codes("receipt_missing"))


def back_date(scene: Scene) -> tuple[Caught, Expected]:
    """Record an event with a moment at which the log, as everybody saw it, had no such entry."""
    moment = START - timedelta(seconds=scene.rng.randint(61, 10**8))
    opening, dated = OPERATOR.opening(2, moment)
    scene.grow(scene.rng.randint(0, 20))
    scene.rows.append(dated)
    scene.receipts["receipt"] = OPERATOR.receipt(scene.rows, scene.rows.size - 1, opening=opening)
    return _caught(scene.look(OPERATOR.serve(scene.rows, scene.cosigned(scene.rows)))), Expected(
        None, _codes("back_dated")
    )


def back_date_between(scene: Scene) -> tuple[Caught, Expected]:
    """Record an event with a moment before that of an event which stands earlier."""
    now = scene.clock()
    for number, moment in enumerate((now, now - timedelta(seconds=scene.rng.randint(61, 119)))):
        opening, dated = OPERATOR.opening(10 + number, moment)
        scene.rows.append(dated)
        name = f"receipt {number}"
        scene.receipts[name] = OPERATOR.receipt(scene.rows, scene.rows.size - 1, opening=opening)
    scene.sightings.clear()
    return _caught(scene.look(OPERATOR.serve(scene.rows, scene.cosigned(scene.rows)))), Expected(
        None, _codes("back_dated")
    )


def date_ahead(scene: Scene) -> tuple[Caught, Expected]:
    """Record an event with a moment after that at which the witness had seen it already."""
    opening, dated = OPERATOR.opening(3, scene.clock() + timedelta(seconds=scene.rng.randint(61, 10**8)))
    scene.rows.append(dated)
    head = scene.cosigned(scene.rows)
    scene.receipts["receipt"] = OPERATOR.receipt(scene.rows, scene.rows.size - 1, head=head, opening=opening)
    return _caught(scene.look(OPERATOR.serve(scene.rows, head))), Expected(
        None, _codes("recorded_after_cosignature")
    )


def false_receipt(scene: Scene) -> tuple[Caught, Expected]:
    """Give a receipt whose event stands elsewhere, or nowhere."""
    opening, dated = OPERATOR.opening(4, scene.clock())
    scene.rows.append(dated)
    elsewhere = scene.rng.randrange(scene.size)
    scene.receipts["receipt"] = OPERATOR.receipt(scene.rows, elsewhere, opening=opening)
    return _caught(scene.look(OPERATOR.serve(scene.rows, scene.cosigned(scene.rows)))), Expected(
        None, _codes("receipt_wrong")
    )


def forge_a_cosignature(scene: Scene) -> tuple[Caught, Expected]:
    """Publish with the cosignature of another head, with a stranger's, or with none."""
    scene.grow(scene.rng.randint(1, 300))
    head = OPERATOR.head(scene.rows)
    how = scene.rng.randrange(3)
    if how == 0:
        head, code = head.cosigned(scene.seen.signatures[1]), "cosignature_invalid"
    elif how == 1:
        stranger = Witness([cosigner("x.example")], {ORIGIN: [OPERATOR.key]}, MemoryStore(), scene.clock)
        head, code = with_lines(head, stranger.add_checkpoint(request(head, 0, ()))), "quorum_missing"
    else:
        code = "quorum_missing"
    return _caught(scene.look(OPERATOR.serve(scene.rows, head))), Expected(None, _codes(code))


def stop_the_clock(scene: Scene) -> tuple[Caught, Expected]:
    """Show the head of long ago as if nothing had happened since."""
    scene.clock.pass_(86_400 + scene.rng.randint(0, 10**8))
    return _caught(scene.look(OPERATOR.serve(scene.rows, scene.seen))), Expected(None, _codes("stale"))


LIES: tuple[Lie, ...] = (
    rewrite,
    delete,
    reorder,
    roll_back,
    split_view,
    withhold,
    lose_a_file,
    spoil_a_file,
    swap_in_a_file,
    another_root,
    spoil_the_head,
    omit,
    back_date,
    back_date_between,
    date_ahead,
    false_receipt,
    forge_a_cosignature,
    stop_the_clock,
)

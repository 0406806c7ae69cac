"""Following a log: is what it shows today the continuation of what it showed before, and of what it promised?

    1. the head          well-formed, signed by the log's key
    2. its past          what was seen before is the beginning of it
    3. its files         every new tile and bundle, and the root derived anew from them
    4. its witnesses     their cosignatures, their quorum, how long ago; and what they say they saw
    5. its promises      every receipt at hand stands in it, at a moment the log could have had

What is found never stops the rest, except that files are not read under a head that is a lie itself.
What was seen is remembered only when nothing of 1 to 3 was found, so a fault is reported until it is gone.

Not here: reading and verifying files (`tree`), receipts (`promises`), where things are kept (`memory`).
Source: DESIGN section "Log"; THREATS E1, E4, E5, E11 and F12.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ledger.errors import CorruptError, UnavailableError
from ledger.outbound.log_client import LogSource
from ledger.oversight.findings import Finding
from ledger.oversight.promises import Sighting, check_promises
from ledger.oversight.tree import Tree
from verifiers.errors import VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import CHECKPOINT_BYTES_MAX, Checkpoint, VerifierKey
from verifiers.formats.cosignature import verify_cosignature
from verifiers.formats.tile import TilePath, count_tiles, tiles_down
from verifiers.formats.witness_policy import WitnessPolicy, evaluate

FILE_FAULTS_MAX = 100
"""Enough to see what happened; one wrong tile near the top makes everything below it wrong."""
FILES_LOST_MAX = 10_000
"""How many files may hang from wrong ones before the rest is left alone: a signed size can promise any number."""
LEEWAY = timedelta(minutes=5)
"""What clocks of honest parties may differ, and how long a head may be on its way."""

Tell = Callable[[int, int], None]
"""(files read, files to read)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a monitor asks of a log.

    Args:
        key: the log's, from elsewhere than the log.
        policy: whose cosignatures count; None: nobody's, and nothing about witnesses is checked.
        fresh: how long ago the newest cosigned moment may be; None: any time.
        deadline: how long after its moment what a receipt promises may be missing from the head.
        everything: read the whole log, not only what is new.
    """

    key: VerifierKey
    policy: WitnessPolicy | None = None
    fresh: timedelta | None = None
    deadline: timedelta = timedelta(minutes=1)
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """What is at hand for one look.

    Args:
        source: the log.
        seen: the head that was seen last, as it was served; None at the first look.
        sightings: moments and sizes of earlier looks, in their order.
        views: what witnesses say they cosigned last, by the witness's name.
        receipts: tlog-proofs by their names.
    """

    source: LogSource
    seen: str | None = None
    sightings: Sequence[Sighting] = ()
    views: Mapping[str, str] = field(default_factory=dict)
    receipts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look gave.

    Args:
        findings: in the order of the steps.
        head: the note to remember, None when it must not be.
        size: of the head that was served; 0 when there was none to read.
        files: how many files were verified.
    """

    findings: tuple[Finding, ...]
    head: str | None
    size: int
    files: int


def look(watch: Watch, rules: Rules, *, at: datetime, tell: Tell = lambda done, total: None) -> Look:
    """Look at a log once.

    Args:
        at: the moment of looking, aware.
        tell: called after each file.

    Raises:
        UnavailableError: checkpoint_missing, or the source cannot be read: nothing is said about the log.
        VerifierError: what was seen last is no head of this log; its codes are those of `checkpoints.parse_signed`.
    """
    note = watch.source.read("checkpoint", bytes_max=CHECKPOINT_BYTES_MAX)
    if note is None:
        raise UnavailableError("checkpoint_missing", "there is no checkpoint: is this the address of a log?")
    # 1. The head.
    try:
        head = checkpoints.parse_signed(note, rules.key)
    except VerifierError as error:
        return Look((Finding("checkpoint_wrong", detail=error.code),), None, 0, 0)
    # 2. Its past.
    tree = Tree(watch.source, head)
    seen = None if watch.seen is None else checkpoints.parse_signed(watch.seen, rules.key)
    found = _past(watch.source, seen, tree)
    # 3. Its files.
    files = 0
    if not found:
        since = 0 if seen is None or rules.everything else seen.size
        faults, files = _files(tree, since, tell)
        found += faults
    clean = not found
    # 4. Its witnesses.
    found += _cosigned(head, rules, at)
    found += _views(watch, tree, rules, at)
    # 5. Its promises.
    if clean:
        found += check_promises(
            watch.receipts,
            tree,
            key=rules.key,
            policy=rules.policy,
            sightings=watch.sightings,
            deadline=rules.deadline,
            at=at,
        )
    return Look(tuple(found), head.dump() if clean else None, head.size, files)


def _past(source: LogSource, seen: Checkpoint | None, tree: Tree) -> list[Finding]:
    head = tree.head
    if seen is None or seen.size <= head.size:
        return _relation(seen, tree)
    # The log still serves its larger tree when only the head is old; then we can say whether it is a lie.
    gone = Finding("went_back", detail=f"{seen.size} to {head.size}", notes=(head.dump(), seen.dump()))
    try:
        return [gone, *(found for found in _relation(head, Tree(source, seen)) if found.code == "fork")]
    except CorruptError:
        return [gone]


def _relation(first: Checkpoint | None, tree: Tree) -> list[Finding]:
    """Return the fork between a signed head and the tree of one at least as large, or what hinders saying so."""
    second = tree.head
    notes = () if first is None else (first.dump(), second.dump())
    if first is not None and first.size == second.size and first.root != second.root:
        return [Finding("fork", notes=notes)]
    try:
        root = tree.root_at(0 if first is None else first.size)
        if first is None or root == first.root:
            return []
        return [Finding("fork", notes=notes, root=root, proof=tuple(tree.proof_of(first.size)))]
    except CorruptError as error:
        return [Finding.of(error, second)]


def _files(tree: Tree, since: int, tell: Tell) -> tuple[list[Finding], int]:
    """Verify every file that the head has and the tree of `since` leaves had not."""
    total = count_tiles(tree.head.size, since=since)
    faults: dict[tuple[str, str], Finding] = {}
    good = 0
    # From the top, where everything else hangs from.
    for done, path in enumerate(tiles_down(tree.head.size, since=since), start=1):
        try:
            _read(tree, path)
            good += 1
        except CorruptError as error:
            finding = Finding.of(error, tree.head)
            faults.setdefault((finding.code, finding.place), finding)
            if len(faults) >= FILE_FAULTS_MAX or done - good >= FILES_LOST_MAX:
                break
        tell(done, total)
    return list(faults.values()), good


def _read(tree: Tree, path: TilePath) -> None:
    if isinstance(path.level, int):
        tree.hashes(path.level, path.index)
    else:
        tree.entries(path.index)


def _cosigned(head: Checkpoint, rules: Rules, at: datetime) -> list[Finding]:
    if rules.policy is None:
        return []
    quorum = evaluate(rules.policy, head)
    notes = (head.dump(),)
    found = [Finding("cosignature_invalid", detail=name, notes=notes) for name in quorum.invalid]
    if not quorum.met:
        found.append(Finding("quorum_missing", detail=" ".join(quorum.counted), notes=notes))
    elif rules.fresh is not None and quorum.at is not None and at - quorum.at > rules.fresh:
        found.append(Finding("stale", detail=quorum.at.isoformat(), notes=notes))
    return found


def _views(watch: Watch, tree: Tree, rules: Rules, at: datetime) -> list[Finding]:
    """Compare with what witnesses cosigned: a log that shows us another tree than them is caught here."""
    found: list[Finding] = []
    if rules.policy is None:
        return found
    for name, note in watch.views.items():
        try:
            view = checkpoints.parse_signed(note, rules.key)
            cosigned_at = verify_cosignature(view, rules.policy.witnesses[name].key)
        except (VerifierError, KeyError):
            continue  # a witness that answers nonsense says nothing about the log
        if view.size <= tree.head.size:
            found += [one for one in _relation(view, tree) if one.code == "fork"]
        elif at - cosigned_at > LEEWAY:
            notes = (tree.head.dump(), view.dump())
            found.append(Finding("withheld", detail=f"{name}: {view.size}", notes=notes))
    return found

"""Heads, tiles and receipts over a real store: everything the log says is proven against a naive tree."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.errors import CorruptError, NotFoundError, RejectedError, UnavailableError
from ledger.keys.signing import LedgerKey
from ledger.log.cosigner import Cosigner
from ledger.log.heads import Heads
from ledger.log.published import Published
from ledger.log.receipts import Receipts
from ledger.log.second_place import FilePlace, SecondPlace, TablePlace, second_place
from ledger.log.tiles import TileReader
from ledger.store.recorder import LedgerRecorder
from tests.conftest import Database
from tests.ledger.sealed import NOW, sealed_event
from verifiers.errors import InvalidError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import receipt as receipts
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.formats.tile import TILE_BYTES
from verifiers.primitives import merkle

ORIGIN = "example.org/leerspoor"


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, as it is written there."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


def append(recorder: LedgerRecorder, count: int) -> None:
    recorder.insert_events([sealed_event() for _ in range(count)])


def make_heads(recorder: LedgerRecorder, key: LedgerKey, place: SecondPlace, cosigner: Cosigner) -> Heads:
    return Heads(
        recorder,
        key,
        ORIGIN,
        place=place,
        tiles=TileReader(recorder),
        cosigner=cosigner,
        clock=lambda: NOW,
    )


@pytest.fixture
def place(database: Database) -> SecondPlace:
    return second_place(database.engine)


@pytest.fixture
def heads(recorder: LedgerRecorder, ledger_key: LedgerKey, place: SecondPlace, cosigner: Cosigner) -> Heads:
    return make_heads(recorder, ledger_key, place, cosigner)


def make_receipts(recorder: LedgerRecorder, heads: Heads) -> Receipts:
    return Receipts(heads, TileReader(recorder), Published(recorder.engine, heads.verifier_key, None))


@pytest.fixture
def log(recorder: LedgerRecorder, heads: Heads) -> Receipts:
    return make_receipts(recorder, heads)


def test_an_empty_log_has_a_signed_head(heads: Heads, ledger_key: LedgerKey) -> None:
    head = heads.latest()
    assert (head.origin, head.size, head.root) == (ORIGIN, 0, merkle.EMPTY_ROOT)
    checkpoints.verify(checkpoints.parse(head.dump()), VerifierKey(ORIGIN, ledger_key.public))


def test_the_head_follows_the_commits(heads: Heads, recorder: LedgerRecorder, place: SecondPlace) -> None:
    for size in (1, 2, 3):
        append(recorder, 1)
        head = heads.wait(size)
        assert (head.size, head.root) == (size, recorder.head().root)
        assert place.load() == head.dump()
    assert heads.wait(2).size == 3
    with pytest.raises(UnavailableError) as caught:
        heads.wait(4)
    assert caught.value.code == "head_not_there"


def test_what_a_crash_left_unsigned_is_signed_at_the_next_start(
    heads: Heads, recorder: LedgerRecorder, ledger_key: LedgerKey, place: SecondPlace, cosigner: Cosigner
) -> None:
    append(recorder, 3)
    heads.latest()
    append(recorder, 2)
    again = make_heads(recorder, ledger_key, place, cosigner)
    note = place.load()
    assert note is not None
    assert checkpoints.parse(note).size == 5
    assert again.wait(5).dump() == note


@pytest.mark.parametrize("size", [1, 2, 3, 7, 255, 256, 257, 511, 512, 700])
def test_every_leaf_of_every_size_has_its_proof(
    log: Receipts, recorder: LedgerRecorder, heads: Heads, ledger_key: LedgerKey, size: int
) -> None:
    append(recorder, size)
    leaves = [merkle.leaf_hash(entry) for entry in recorder.entries(0, size)]
    assert heads.latest().root == naive_root(leaves)
    for position in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
        receipt = receipts.parse(log.receipt(recorder.at_position(position)))
        assert receipt.index == position
        assert receipts.parse(log.proof(position)) == receipt
        checkpoints.verify(receipt.checkpoint, VerifierKey(ORIGIN, ledger_key.public))
        merkle.verify_inclusion(
            index=position,
            tree_size=size,
            leaf_hash=leaves[position],
            proof=receipt.proof,
            root=naive_root(leaves),
        )


def test_proofs_hold_however_the_leaves_arrived(
    recorder: LedgerRecorder, heads: Heads, log: Receipts
) -> None:
    """Batches that end before, at and behind the edges of tiles; proofs are asked between them."""
    sizes = [0]
    for count in (100, 155, 1, 1, 255, 300, 5):
        append(recorder, count)
        sizes.append(recorder.head().size)
        log.receipt(recorder.at_position(sizes[-1] - 1))
    leaves = [merkle.leaf_hash(entry) for entry in recorder.entries(0, sizes[-1])]
    for second in sizes:
        for first in (size for size in sizes if size <= second):
            merkle.verify_consistency(
                first_size=first,
                second_size=second,
                first_root=naive_root(leaves[:first]),
                second_root=naive_root(leaves[:second]),
                proof=log.consistency(first, second),
            )


def test_higher_tiles_are_written_too(recorder: LedgerRecorder, log: Receipts) -> None:
    """65,536 leaves complete a tile of level 1; a proof there reads two tiles, not the leaves."""
    from ledger.store.tiles import fill, grow, tile_root

    store: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        return store.get((level, index), b"")

    leaves = [merkle.leaf_hash(number.to_bytes(4)) for number in range(65_600)]
    size, partial = 0, b""
    for count in (1, 254, 1, 300, 64_980, 64):
        complete, partial = fill(partial, leaves[size : size + count])
        store.update(grow(size // 256, complete, read))
        size += count
    assert len(store[1, 0]) == TILE_BYTES
    assert store[2, 0] == tile_root(store[1, 0]) == merkle.Frontier.EMPTY.extend(leaves[:65_536]).root()
    assert partial == b"".join(leaves[65_536:])


def test_an_unknown_position_and_a_wrong_range_are_said(log: Receipts, recorder: LedgerRecorder) -> None:
    append(recorder, 2)
    for position in (-1, 2):
        with pytest.raises(NotFoundError) as caught:
            log.proof(position)
        assert caught.value.code == "position_unknown"
    for first, second in ((2, 1), (0, 3), (-1, 1)):
        with pytest.raises(RejectedError) as rejected:
            log.consistency(first, second)
        assert rejected.value.code == "range_invalid"


def test_many_who_wait_get_heads_that_cover_them(
    heads: Heads, recorder: LedgerRecorder, log: Receipts
) -> None:
    def work(_: int) -> bool:
        (notification_id,) = recorder.insert_events([sealed_event()])
        receipt = receipts.parse(log.receipt(recorder.at_position(notification_id - 1)))
        return receipt.checkpoint.size >= notification_id

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(200)))
    assert heads.latest().size == 200


def test_two_signers_on_one_database_go_forward_together(
    postgresql_database: Database, ledger_key: LedgerKey, cosigner: Cosigner
) -> None:
    engine = postgresql_database.engine
    recorders = [LedgerRecorder(engine) for _ in range(2)]
    signers = [make_heads(recorder, ledger_key, TablePlace(engine), cosigner) for recorder in recorders]
    seen: list[Checkpoint] = []

    def work(number: int) -> None:
        recorder, signer = recorders[number % 2], signers[number % 2]
        (notification_id,) = recorder.insert_events([sealed_event()])
        head = signer.wait(notification_id)
        assert head.size >= notification_id
        seen.append(head)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(200)))
    assert len({head.size for head in seen}) == len({(head.size, head.root) for head in seen})
    leaves = [merkle.leaf_hash(entry) for entry in recorders[0].entries(0, 200)]
    for head in seen:
        assert head.root == merkle.Frontier.EMPTY.extend(leaves[: head.size]).root()
    for recorder in recorders:
        recorder.close()


def test_a_truncated_log_is_never_signed(
    database: Database,
    heads: Heads,
    recorder: LedgerRecorder,
    ledger_key: LedgerKey,
    place: SecondPlace,
    cosigner: Cosigner,
) -> None:
    append(recorder, 2)
    old = recorder.head()
    append(recorder, 2)
    signed = heads.latest()
    recorder.close()
    database.tamper(
        "DELETE FROM event WHERE position >= 2",
        f"UPDATE log_head SET size = 2, root = {_literal(database, old.root)}, "
        f"frontier = {_literal(database, old.frontier.dump())}",
    )
    restored = LedgerRecorder(database.engine)
    for attempt in (heads.latest, lambda: make_heads(restored, ledger_key, place, cosigner)):
        with pytest.raises(CorruptError) as caught:
            attempt()
        assert caught.value.code == "head_went_back"
    # Growing beyond the signed size again does not help: it is another history.
    append(restored, 5)
    with pytest.raises(CorruptError) as caught:
        make_heads(restored, ledger_key, place, cosigner)
    assert caught.value.code == "head_went_back"
    assert place.load() == signed.dump()
    restored.close()


def test_a_bit_flipped_between_commit_and_signing_is_not_signed(
    database: Database, heads: Heads, recorder: LedgerRecorder, place: SecondPlace
) -> None:
    """Yeti 2022: one flipped bit in an entry made a log that could never serve what it had signed."""
    before = place.load()
    append(recorder, 2)
    database.tamper(f"UPDATE event SET signature = {_literal(database, bytes(64))} WHERE position = 1")
    with pytest.raises(CorruptError) as caught:
        heads.latest()
    assert caught.value.code == "head_mismatch"
    assert place.load() == before


def test_a_root_that_is_not_the_events_is_not_signed(
    database: Database, heads: Heads, recorder: LedgerRecorder
) -> None:
    append(recorder, 2)
    database.tamper(f"UPDATE log_head SET root = {_literal(database, bytes(32))}")
    with pytest.raises(CorruptError) as caught:
        heads.latest()
    assert caught.value.code == "head_mismatch"


def test_a_writer_does_not_build_on_a_head_that_was_moved(
    database: Database, recorder: LedgerRecorder
) -> None:
    append(recorder, 3)
    database.tamper(f"UPDATE log_head SET root = {_literal(database, bytes(32))}")
    with pytest.raises(CorruptError) as caught:
        append(recorder, 1)
    assert caught.value.code == "head_changed"


def test_a_tampered_tile_makes_no_receipt(database: Database, recorder: LedgerRecorder, heads: Heads) -> None:
    append(recorder, 300)
    database.tamper(f"UPDATE tile SET hashes = {_literal(database, bytes(8192))} WHERE level = 0")
    with pytest.raises(InvalidError) as caught:
        make_receipts(recorder, heads).receipt(recorder.at_position(3))
    assert caught.value.code == "root_mismatch"


def test_a_missing_tile_is_said(database: Database, recorder: LedgerRecorder, heads: Heads) -> None:
    append(recorder, 300)
    database.tamper("DELETE FROM tile WHERE level = 1")
    reader = TileReader(recorder)
    with pytest.raises(CorruptError) as caught:
        reader.node(8, 0)
    assert caught.value.code == "tile_missing"


def test_a_head_of_another_key_stops_the_start(
    recorder: LedgerRecorder, ledger_key: LedgerKey, place: SecondPlace, tmp_path: Path, cosigner: Cosigner
) -> None:
    make_heads(recorder, ledger_key, place, cosigner)
    stranger = LedgerKey.load_or_create(tmp_path / "other-log-key", bytes(32))
    with pytest.raises(UnavailableError) as caught:
        make_heads(recorder, stranger, place, cosigner)
    assert caught.value.code == "second_place_malformed"


class LostSwap:
    """A second place whose answers are lost: the swap is done, or not, and nobody is told."""

    def __init__(self, place: SecondPlace, *, done: bool) -> None:
        self._place = place
        self._done = done
        self.faults = 1

    def load(self) -> str | None:
        return self._place.load()

    def swap(self, expected: str | None, new: Checkpoint) -> bool:
        if self.faults == 0:
            return self._place.swap(expected, new)
        self.faults -= 1
        if self._done:
            self._place.swap(expected, new)
        raise UnavailableError("second_place_unavailable", "planned")


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("restart", [True, False])
def test_a_swap_whose_answer_is_lost_is_not_a_second_history(
    recorder: LedgerRecorder,
    ledger_key: LedgerKey,
    place: SecondPlace,
    done: bool,
    restart: bool,
    cosigner: Cosigner,
) -> None:
    make_heads(recorder, ledger_key, place, cosigner)
    lossy = LostSwap(place, done=done)
    lossy.faults = 0
    heads = make_heads(recorder, ledger_key, lossy, cosigner)
    append(recorder, 1)
    lossy.faults = 1
    with pytest.raises(UnavailableError):
        heads.latest()
    append(recorder, 1)
    if restart:
        heads = make_heads(recorder, ledger_key, place, cosigner)
    assert heads.latest().size == 2
    assert place.load() == heads.latest().dump()


def test_a_crash_in_the_middle_of_writing_the_file_leaves_the_old_note(
    sqlite_database: Database, ledger_key: LedgerKey, tmp_path: Path, cosigner: Cosigner
) -> None:
    path = tmp_path / "ledger.sqlite.head"
    recorder = LedgerRecorder(sqlite_database.engine)
    heads = make_heads(recorder, ledger_key, FilePlace(path), cosigner)
    (tmp_path / "ledger.sqlite.head.new").write_text("half a no")
    append(recorder, 1)
    latest = heads.latest().dump()
    assert FilePlace(path).load() == latest
    path.write_bytes(b"\xff")
    with pytest.raises(UnavailableError) as caught:
        FilePlace(path).load()
    assert caught.value.code == "second_place_unavailable"
    recorder.close()


def test_ids_are_not_in_public_proofs(log: Receipts, recorder: LedgerRecorder) -> None:
    event = sealed_event(subject=uuid4())
    recorder.insert_events([event])
    text = log.proof(0)
    assert str(event.subject) not in text
    assert "extra" not in text


def _literal(database: Database, data: bytes) -> str:
    return f"X'{data.hex()}'" if database.kind == "sqlite" else f"'\\x{data.hex()}'"

"""A witness cosigns what continues its last head, and nothing else; every refusal by its code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import LedgerError
from ledger.oversight.witness import (
    PROOF_LINES_MAX,
    REQUEST_BYTES_MAX,
    Witness,
    origin_hash,
    parse_request,
)
from tests.faults.operator import (
    ORIGIN,
    START,
    Clock,
    MemoryStore,
    Operator,
    Rows,
    ask,
    cosigner,
    entry,
    request,
    with_lines,
    without,
)
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.cosignature import verify_cosignature
from verifiers.primitives.merkle import consistency_proof

OPERATOR = Operator()
KEYS = (cosigner("w.example/1"), cosigner("w.example/1", post_quantum=True))
ROWS = Rows(entry(number) for number in range(300))


class Scene:
    """A witness of one log, its store and its clock."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), Clock()
        self.witness = Witness(KEYS, {ORIGIN: [OPERATOR.key]}, self.store, self.clock)

    def cosign(self, size: int, old_size: int, rows: Rows = ROWS) -> Checkpoint:
        head = OPERATOR.head(rows, size)
        return with_lines(head, self.witness.add_checkpoint(ask(rows, head, old_size)))

    def refuses(self, code: str, body: bytes) -> LedgerError:
        before = dict(self.store.notes)
        with pytest.raises(LedgerError) as refused:
            self.witness.add_checkpoint(body)
        assert refused.value.code == code
        assert self.store.notes == before
        return refused.value


@pytest.fixture
def scene() -> Scene:
    """A witness that has cosigned nothing yet."""
    return Scene()


def test_it_cosigns_with_all_its_keys_at_the_present_moment(scene: Scene) -> None:
    scene.clock.pass_(7.9)
    cosigned = scene.cosign(5, 0)
    for one in KEYS:
        assert verify_cosignature(cosigned, one.key) == START + timedelta(seconds=7)
    assert checkpoints.parse(scene.store.notes[ORIGIN]) == cosigned


@pytest.mark.parametrize("sizes", [(0, 1, 300), (1, 1, 2), (256, 257), (3, 4, 128, 255, 256, 300), (0, 0, 7)])
def test_it_follows_a_log_that_only_grows(scene: Scene, sizes: tuple[int, ...]) -> None:
    old = 0
    for size in sizes:
        scene.cosign(size, old)
        old = size


def test_the_same_head_is_cosigned_again_at_a_later_moment(scene: Scene) -> None:
    scene.cosign(9, 0)
    scene.clock.pass_(600)
    assert verify_cosignature(scene.cosign(9, 9), KEYS[0].key) == START + timedelta(minutes=10)


def test_another_size_than_the_last_is_told(scene: Scene) -> None:
    scene.cosign(9, 0)
    for old in (0, 8, 10):
        refusal = scene.refuses("old_size_conflict", ask(ROWS, OPERATOR.head(ROWS, 20), old))
        assert refusal.got == "9"
    assert scene.refuses("old_size_conflict", ask(ROWS, OPERATOR.head(ROWS, 5), 0)).got == "9"


def test_a_head_that_went_back_is_refused(scene: Scene) -> None:
    scene.cosign(9, 0)
    scene.refuses("old_size_too_large", ask(ROWS, OPERATOR.head(ROWS, 5), 9))


def test_another_root_of_the_same_size_is_refused_and_kept(scene: Scene) -> None:
    scene.cosign(9, 0)
    body = ask(ROWS, OPERATOR.head(without(ROWS, {3: b"other"}), 9), 9)
    scene.refuses("root_conflict", body)
    assert scene.store.evidence == [body]


@pytest.mark.parametrize("size", [10, 16, 299])
def test_a_fork_is_refused_with_every_proof_it_can_give(scene: Scene, size: int) -> None:
    scene.cosign(9, 0)
    other = without(ROWS, {3: b"other"})
    head = OPERATOR.head(other, size)
    for proof in (
        consistency_proof(9, size, other.node),
        consistency_proof(9, size, ROWS.node),
        (),
        (bytes(32),) * 3,
    ):
        body = request(head, 9, proof)
        scene.refuses("proof_wrong", body)
        assert scene.store.evidence.pop() == body


@pytest.mark.parametrize(("old", "size"), [(0, 9), (9, 9)])
def test_a_proof_where_none_belongs_is_refused(scene: Scene, old: int, size: int) -> None:
    if old:
        scene.cosign(old, 0)
    scene.refuses("proof_wrong", request(OPERATOR.head(ROWS, size), old, [bytes(32)]))


def test_an_empty_tree_has_one_root(scene: Scene) -> None:
    head = OPERATOR.head(ROWS, 0)
    lie = OPERATOR.lie(0, bytes(32))
    scene.refuses("proof_wrong", request(lie, 0, ()))
    scene.witness.add_checkpoint(request(head, 0, ()))


def test_a_log_nobody_named_is_unknown(scene: Scene) -> None:
    stranger = Operator(1, "other.example/log")
    scene.refuses("log_unknown", request(stranger.head(ROWS, 3), 0, ()))


def test_a_head_without_a_good_signature_of_the_log_is_forbidden(scene: Scene) -> None:
    scene.refuses("checkpoint_not_signed", request(Operator(1).head(ROWS, 3), 0, ()))
    head = OPERATOR.head(ROWS, 3)
    wrong = Checkpoint(ORIGIN, 4, ROWS.root(4), head.signatures)
    scene.refuses("checkpoint_not_signed", request(wrong, 0, ()))


def test_signatures_of_strangers_are_ignored_and_not_kept(scene: Scene) -> None:
    head = OPERATOR.head(ROWS, 3).cosigned(Operator(1, "x.example").head(ROWS, 3).signatures[0])
    cosigned = with_lines(OPERATOR.head(ROWS, 3), scene.witness.add_checkpoint(request(head, 0, ())))
    assert checkpoints.parse(scene.store.notes[ORIGIN]) == cosigned


def test_one_wrong_signature_of_a_known_key_spoils_a_head_that_another_key_signed() -> None:
    later = Operator(2)
    witness = Witness(KEYS, {ORIGIN: [OPERATOR.key, later.key]}, MemoryStore(), Clock())
    good = OPERATOR.head(ROWS, 3)
    both = good.cosigned(later.head(ROWS, 3).signatures[0])
    witness.add_checkpoint(request(both, 0, ()))
    spoiled = good.cosigned(later.head(ROWS, 4).signatures[0])
    with pytest.raises(LedgerError) as refused:
        witness.add_checkpoint(request(spoiled, 3, ()))
    assert refused.value.code == "checkpoint_not_signed"


def test_a_clock_that_goes_back_cosigns_nothing(scene: Scene) -> None:
    scene.cosign(9, 0)
    scene.clock.pass_(-1)
    head = OPERATOR.head(ROWS, 20)
    scene.refuses("clock_went_back", ask(ROWS, head, 9))
    scene.clock.pass_(1)
    scene.cosign(20, 9)


def test_a_store_of_another_witness_is_not_taken_over(scene: Scene) -> None:
    scene.cosign(9, 0)
    other = Witness([cosigner("w.example/2")], {ORIGIN: [OPERATOR.key]}, scene.store, scene.clock)
    with pytest.raises(LedgerError) as refused:
        other.add_checkpoint(ask(ROWS, OPERATOR.head(ROWS, 20), 9))
    assert refused.value.code == "witness_state_malformed"
    scene.store.notes[ORIGIN] = "nonsense"
    scene.refuses("witness_state_malformed", ask(ROWS, OPERATOR.head(ROWS, 20), 9))


def test_a_key_that_is_added_joins_in() -> None:
    store, clock = MemoryStore(), Clock()
    first = Witness(KEYS[:1], {ORIGIN: [OPERATOR.key]}, store, clock)
    first.add_checkpoint(ask(ROWS, OPERATOR.head(ROWS, 9), 0))
    both = Witness(KEYS, {ORIGIN: [OPERATOR.key]}, store, clock)
    head = OPERATOR.head(ROWS, 10)
    verify_cosignature(with_lines(head, both.add_checkpoint(ask(ROWS, head, 9))), KEYS[1].key)


def test_monitors_can_read_the_last_head(scene: Scene) -> None:
    name = origin_hash(ORIGIN)
    with pytest.raises(LedgerError) as refused:
        scene.witness.latest(name)
    assert refused.value.code == "log_unknown"
    cosigned = scene.cosign(9, 0)
    assert scene.witness.latest(name) == cosigned.dump()


# What a request may look like.

GOOD = request(OPERATOR.head(ROWS, 20), 9, consistency_proof(9, 20, ROWS.node))
PROOF_LINE = GOOD.split(b"\n")[1]


def _changed(old: bytes, new: bytes) -> bytes:
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "only old": b"old 9\n",
    "no old": _changed(b"old 9\n", b""),
    "capitals": _changed(b"old", b"Old"),
    "two spaces": _changed(b"old 9", b"old  9"),
    "leading zero": _changed(b"old 9", b"old 09"),
    "plus": _changed(b"old 9", b"old +9"),
    "minus": _changed(b"old 9", b"old -9"),
    "other digits": _changed(b"old 9", "old \N{ARABIC-INDIC DIGIT NINE}".encode()),
    "underscore": _changed(b"old 9", b"old 1_0"),
    "twenty digits": _changed(b"old 9", b"old 10000000000000000000"),
    "carriage return": _changed(b"old 9\n", b"old 9\r\n"),
    "space behind": _changed(b"old 9\n", b"old 9 \n"),
    "hash too short": _changed(PROOF_LINE, PROOF_LINE[4:]),
    "hash too long": _changed(PROOF_LINE, b"AAAA" + PROOF_LINE),
    "hash without padding": _changed(PROOF_LINE, PROOF_LINE.rstrip(b"=")),
    "hash in base64url": _changed(PROOF_LINE, b"-_" + PROOF_LINE[2:]),
    "spare bits": _changed(PROOF_LINE, PROOF_LINE[:-2] + b"B="),
    "64 hashes": _changed(PROOF_LINE + b"\n", (PROOF_LINE + b"\n") * (PROOF_LINES_MAX + 1)),
    "no empty line": _changed(b"\n\n", b"\n"),
    "two empty lines": _changed(b"\n\n", b"\n\n\n"),
    "no checkpoint": GOOD.partition(b"\n\n")[0] + b"\n\n",
    "no newline at the end": GOOD[:-1],
    "extension line": _changed(b"\n20\n", b"\n20\n" + b"").replace(b"=\n\n\xe2", b"=\nextension\n\n\xe2"),
    "not utf-8": GOOD.replace(ORIGIN.encode(), b"\xff\xfe", 1),
    "too large": GOOD + b"x" * REQUEST_BYTES_MAX,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_request_is_malformed(scene: Scene, name: str) -> None:
    assert MALFORMED[name] != GOOD
    scene.refuses("request_malformed", MALFORMED[name])


def test_every_truncation_is_refused(scene: Scene) -> None:
    for end in range(len(GOOD)):
        scene.refuses("request_malformed", GOOD[:end])


@given(at=st.integers(0, len(GOOD) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_is_cosigned(at: int, bit: int) -> None:
    scene = Scene()
    scene.cosign(9, 0)
    flipped = GOOD[:at] + bytes([GOOD[at] ^ 1 << bit]) + GOOD[at + 1 :]
    with pytest.raises(LedgerError) as refused:
        scene.witness.add_checkpoint(flipped)
    assert refused.value.code in {
        "request_malformed",
        "old_size_conflict",
        "old_size_too_large",
        "proof_wrong",
        "log_unknown",
        "checkpoint_not_signed",
    }


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(LedgerError) as refused:
        parse_request(data)
    assert refused.value.code == "request_malformed"

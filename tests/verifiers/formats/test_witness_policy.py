"""Witness policies: the grammar of tlog-policy, every line that breaks it, and quorums against an oracle."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifiers.witnesses import WitnessSigner
from tests.verifiers.world import AT, ISSUER, MALLORY
from verifiers.errors import MalformedError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import Checkpoint, NoteSignature, VerifierKey
from verifiers.formats.witness_policy import Group, Witness, WitnessPolicy

VECTORS = Path(__file__).parents[2] / "vectors" / "tlog"
LOG = VerifierKey("log.example/leerspoor", ISSUER.key)
OTHER_LOG = VerifierKey("other.example/log", MALLORY.key)
HEAD = checkpoints.sign(origin=LOG.name, size=9, root=bytes(32), key=LOG, signer=ISSUER.sign)
SIGNERS = [WitnessSigner(f"witness.example/w{number}") for number in range(8)]
PQ = WitnessSigner("witness.example/w0", "ML-DSA-44")
W = [signer.key.dump() for signer in SIGNERS]

# The example of https://c2sp.org/tlog-policy (CC BY 4.0), with keys filled in.
EXAMPLE = f"""log {LOG.dump()}

witness X1 {W[0]}
witness X2 {W[1]}
witness X3 {W[2]}
group X-witnesses 2 X1 X2 X3

witness Y1 {W[3]}
witness Y2 {W[4]}
witness Y3 {W[5]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def lines(*rows: str) -> str:
    """Return a policy file of these lines."""
    return "".join(f"{row}\n" for row in rows)


def test_the_published_example() -> None:
    policy = witness_policy.parse(EXAMPLE)
    assert policy.logs == (LOG,)
    assert list(policy.witnesses) == ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
    assert policy.groups["X-witnesses"] == Group("X-witnesses", 2, ("X1", "X2", "X3"))
    assert policy.groups["X-and-Y"].threshold == 2
    assert (policy.quorum, policy.lines["X-and-Y"], policy.lines[""]) == ("X-and-Y", 13, 14)


@pytest.mark.parametrize(
    "text",
    [
        "quorum none\n",
        EXAMPLE,
        lines(f"log {LOG.dump()} https://log.example/", f"witness w {W[0]} https://w.example/", "quorum w"),
        lines(f"witness w {PQ.key.dump()}", "quorum w"),
        lines(f"\twitness \t w   {W[0]} ", "", " \t# a comment", "#", "  quorum\tw\t"),
        lines(f"witness all {W[0]}", f"witness any {W[1]}", "group group 2 all any", "quorum group"),
        lines(f"witness #1 {W[0]}", f"witness \u212a {W[1]}", f"witness K {W[2]}", "quorum \u212a"),
    ],
)
def test_what_is_read_goes_round(text: str) -> None:
    policy = witness_policy.parse(text.encode())
    assert witness_policy.parse(policy.dump()) == policy
    assert witness_policy.parse(policy.dump()).dump() == policy.dump()


MALFORMED, DUPLICATE = "witness_policy_malformed", "witness_policy_duplicate"
UNKNOWN, UNREACHABLE = "witness_policy_unknown_name", "quorum_unreachable"
WITNESSES = [f"witness w{number} {key}" for number, key in enumerate(W)]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", MALFORMED, None),
        ("quorum none", MALFORMED, None),  # cut off
        ("\n", MALFORMED, None),
        (lines(WITNESSES[0]), MALFORMED, None),  # no quorum
        ("quorum none\r\n", MALFORMED, 1),
        ("\ufeffquorum none\n", MALFORMED, 1),
        ("quorum none\n\x01\n", MALFORMED, 2),
        ("quorum none\n\x7f\n", MALFORMED, 2),
        ("quorum none\n\0\n", MALFORMED, 2),
        ("quorum\u00a0none\n", MALFORMED, 1),
        ("Quorum none\n", MALFORMED, 1),
        ("quibble w1\nquorum none\n", MALFORMED, 1),
        ("quorum\n", MALFORMED, 1),
        ("quorum none none\n", MALFORMED, 1),
        ("quorum none # nobody\n", MALFORMED, 1),
        ("log\nquorum none\n", MALFORMED, 1),
        ("log garbage\nquorum none\n", MALFORMED, 1),
        (lines(f"log {LOG.dump()} a b", "quorum none"), MALFORMED, 1),
        (lines(f"log {W[0]}", "quorum none"), MALFORMED, 1),  # a cosigner's key
        (lines(f"log {LOG.dump()}", f"log {LOG.dump()}", "quorum none"), DUPLICATE, 2),
        (
            lines(
                f"log {LOG.dump()}", f"log {VerifierKey('renamed.example', ISSUER.key).dump()}", "quorum none"
            ),
            DUPLICATE,
            2,
        ),
        (lines("witness w1", "quorum none"), MALFORMED, 1),
        (lines(f"witness w1 {LOG.dump()}", "quorum w1"), MALFORMED, 1),  # a log's key
        (lines(f"witness none {W[0]}", "quorum none"), MALFORMED, 1),
        (lines(f"witness w1 {W[0]} https://w.example # x", "quorum w1"), MALFORMED, 1),
        (lines(WITNESSES[0], f"witness w0 {W[1]}", "quorum w0"), DUPLICATE, 2),
        (lines(WITNESSES[0], f"witness again {W[0]}", "quorum w0"), DUPLICATE, 2),
        (lines(WITNESSES[0], "group w0 any w0", "quorum w0"), DUPLICATE, 2),
        (lines(WITNESSES[0], "group none any w0", "quorum none"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g any", "quorum w0"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g", "quorum w0"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g 0 w0", "quorum g"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g -1 w0", "quorum g"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g +1 w0", "quorum g"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g 01 w0", "quorum g"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g \uff11 w0", "quorum g"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g 1_0 w0", "quorum g"), MALFORMED, 2),
        (lines(WITNESSES[0], f"group g {'9' * 5_000} w0", "quorum g"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g Any w0", "quorum g"), MALFORMED, 2),
        (lines(WITNESSES[0], "group g 2 w0", "quorum g"), UNREACHABLE, 2),
        (lines(WITNESSES[0], "group g 9999 w0", "quorum g"), UNREACHABLE, 2),
        (lines(WITNESSES[0], "group g any w1", "quorum g"), UNKNOWN, 2),
        (lines(WITNESSES[0], "group g any g", "quorum g"), UNKNOWN, 2),
        (lines("group g any w0", WITNESSES[0], "quorum g"), UNKNOWN, 1),
        (lines(WITNESSES[0], "group g any none w0", "quorum g"), UNKNOWN, 2),
        (lines(WITNESSES[0], "group g all w0 w0", "quorum g"), DUPLICATE, 2),
        (lines(*WITNESSES[:2], "group g any w0 w1", "group h any w0", "quorum g"), DUPLICATE, 4),
        (lines(WITNESSES[0], "quorum w0", "quorum w0"), DUPLICATE, 3),
        (lines("quorum none", "quorum none"), DUPLICATE, 2),
        (lines("quorum unknown"), UNKNOWN, 1),
        (lines("quorum w0", WITNESSES[0]), UNKNOWN, 1),
        (lines(f"witness \ud800 {W[0]}", "quorum none"), MALFORMED, 1),
        ("#" * 524_288 + "\n", MALFORMED, None),
        ("\n" * 1_025, MALFORMED, None),
    ],
)
def test_every_line_that_breaks_the_rules_is_named(text: str, code: str, line: int | None) -> None:
    with pytest.raises(MalformedError) as caught:
        witness_policy.parse(text)
    assert (caught.value.code, caught.value.got) == (code, None if line is None else f"line {line}")


def test_octets_that_are_no_utf8_are_refused() -> None:
    # The specification lets them pass as opaque names; JSON has no way to hold them. docs/formats.md says so.
    with pytest.raises(MalformedError) as caught:
        witness_policy.parse(b"witness w\x80 " + W[0].encode() + b"\nquorum none\n")
    assert (caught.value.code, caught.value.got) == (MALFORMED, "line 1")


def test_every_truncation_is_refused() -> None:
    raw = EXAMPLE.encode()
    for length in range(len(raw)):
        with pytest.raises(MalformedError) as caught:
            witness_policy.parse(raw[:length])
        assert caught.value.code == MALFORMED


@settings(max_examples=300)
@given(place=st.integers(0, len(EXAMPLE.encode()) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_never_crashes_and_never_removes_the_quorum(place: int, byte: int) -> None:
    raw = bytearray(EXAMPLE.encode())
    raw[place] = byte
    try:
        policy = witness_policy.parse(bytes(raw))
    except MalformedError:
        return
    # A changed number or name may be another policy; it is never one that nobody has to meet.
    assert policy.quorum is not None


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_crash_it(data: bytes | str) -> None:
    try:
        policy = witness_policy.parse(data)
    except MalformedError:
        return
    assert witness_policy.parse(policy.dump()) == policy


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quorum": "nobody"}, UNKNOWN),
        ({"groups": {"g": Group("h", 1, ("w",))}}, MALFORMED),
        ({"groups": {"g": Group("g", 0, ("w",))}}, MALFORMED),
        ({"groups": {"g": Group("g", 2, ("w",))}}, UNREACHABLE),
        ({"groups": {"g g": Group("g g", 1, ("w",))}}, MALFORMED),
        ({"witnesses": {"v": Witness("w", SIGNERS[0].key)}}, MALFORMED),
        ({"witnesses": {"w": Witness("w", SIGNERS[0].key, "two words")}}, MALFORMED),
        ({"log_urls": {LOG.dump(): "https://log.example"}}, MALFORMED),
    ],
)
def test_a_policy_made_by_hand_obeys_the_same_rules(change: dict[str, object], code: str) -> None:
    parts = {"logs": (), "witnesses": {"w": Witness("w", SIGNERS[0].key)}, "groups": {}, "quorum": "w"}
    with pytest.raises(MalformedError) as caught:
        WitnessPolicy(**{**parts, **change})  # type: ignore[arg-type]
    assert caught.value.code == code


# --- quorums -------------------------------------------------------------------------------------------------


def test_the_public_witnesses_meet_a_public_policy() -> None:
    folder = VECTORS / "ed25519-witnesses"
    policy = witness_policy.parse((folder / "policy.txt").read_bytes())
    note = checkpoints.parse((folder / "checkpoint.txt").read_bytes())
    found = witness_policy.evaluate(policy, note)
    assert (found.met, found.counted) == (True, ("garden", "smartit", "remora", "stagemole"))
    two = Checkpoint(note.origin, note.size, note.root, note.signatures[:4])
    assert witness_policy.evaluate(policy, two).met is False


def test_the_log_itself_must_have_signed_when_the_policy_names_logs() -> None:
    for log, met in ((LOG, True), (OTHER_LOG, False), (VerifierKey(LOG.name, MALLORY.key), False)):
        policy = witness_policy.parse(lines(f"log {log.dump()}", WITNESSES[0], "quorum w0"))
        found = witness_policy.evaluate(policy, SIGNERS[0].cosigned(HEAD, AT))
        assert (found.met, found.at) == ((True, AT) if met else (False, None))
    forged = Checkpoint(
        HEAD.origin, HEAD.size, HEAD.root, (NoteSignature(LOG.name, LOG.key_hash, bytes(64)),)
    )
    policy = witness_policy.parse(lines(f"log {LOG.dump()}", WITNESSES[0], "quorum w0"))
    assert witness_policy.evaluate(policy, SIGNERS[0].cosigned(forged, AT)).met is False


def test_quorum_none_is_met_by_all_and_proves_no_time() -> None:
    policy = witness_policy.parse(lines(WITNESSES[0], "quorum none"))
    found = witness_policy.evaluate(policy, SIGNERS[0].cosigned(HEAD, AT))
    assert (found.met, found.at, found.counted) == (True, None, ("w0",))


def test_something_wrong_in_the_name_of_a_witness_is_told() -> None:
    policy = witness_policy.parse(lines(*WITNESSES[:3], "group g any w0 w1 w2", "quorum g"))
    good = SIGNERS[0].cosigned(HEAD, AT)
    wrong = NoteSignature(
        SIGNERS[1].key.name, SIGNERS[1].key.key_id, SIGNERS[1].line(HEAD, AT).signature[:-1]
    )
    later = SIGNERS[2].line(Checkpoint(HEAD.origin, 10, HEAD.root, HEAD.signatures), AT)
    found = witness_policy.evaluate(policy, good.cosigned(wrong).cosigned(later))
    assert (found.met, found.counted, found.invalid) == (True, ("w0",), ("w1", "w2"))


TIMES = st.one_of(st.none(), st.integers(0, 6))


@st.composite
def policies(draw: st.DrawFn, leaves_max: int = 7) -> str:
    """Draw a policy text: a tree of groups over some of the witnesses."""
    number = draw(st.integers(1, leaves_max))
    free = [f"w{index}" for index in range(number)]
    rows = WITNESSES[:number]
    for index in range(draw(st.integers(0, 4))):
        size = draw(st.integers(1, len(free)))
        members = draw(st.permutations(free))[:size]
        count = draw(st.sampled_from(["any", "all"]) | st.integers(1, size).map(str))
        rows.append(f"group g{index} {count} {' '.join(members)}")
        free = [name for name in free if name not in members] + [f"g{index}"]
    return lines(*rows, f"quorum {draw(st.sampled_from(free))}")


def holds(text: str, have: frozenset[str]) -> bool:
    """The oracle: whether these witnesses meet a policy, read naively from its text."""
    rules = {words[1]: words[2:] for words in map(str.split, text.splitlines()) if words[0] == "group"}

    def witnessed(name: str) -> bool:
        if name not in rules:
            return name in have
        count, *members = rules[name]
        needed = {"any": 1, "all": len(members)}.get(count) or int(count)
        return sum(map(witnessed, members)) >= needed

    return witnessed(text.splitlines()[-1].split()[1])


@settings(max_examples=150, deadline=None)
@given(text=policies(), offsets=st.lists(TIMES, min_size=8, max_size=8))
def test_a_quorum_and_its_time_are_those_of_the_oracle(text: str, offsets: list[int | None]) -> None:
    policy = witness_policy.parse(text)
    note = HEAD
    when: dict[str, datetime] = {}
    for index, offset in enumerate(offsets):
        if offset is not None:
            moment = AT + timedelta(seconds=offset)
            note = SIGNERS[index].cosigned(note, moment)
            when[f"w{index}"] = moment
    # By definition: the smallest T such that the witnesses with a time up to T meet the quorum.
    expected = next(
        (
            moment
            for moment in sorted(set(when.values()))
            if holds(text, frozenset(name for name, at in when.items() if at <= moment))
        ),
        None,
    )
    found = witness_policy.evaluate(policy, note)
    assert (found.met, found.at, found.invalid) == (expected is not None, expected, ())

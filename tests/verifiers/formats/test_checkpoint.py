"""Checkpoints: the C2SP examples, one strict spelling, and whose signature counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.world import ISSUER, Signer
from verifiers.errors import InvalidError, MalformedError, UndeterminedError
from verifiers.formats import checkpoint
from verifiers.formats.checkpoint import Checkpoint, NoteSignature, VerifierKey
from verifiers.primitives.encoding import b64_decode, b64_encode

KEY = VerifierKey("log.example/leerspoor", ISSUER.key)
ROOT = bytes(range(32))
NOTE = checkpoint.sign(origin=KEY.name, size=20_852_163, root=ROOT, key=KEY, signer=ISSUER.sign)
TEXT = NOTE.dump()
# The example of https://c2sp.org/tlog-checkpoint (CC BY 4.0); its key is not published.
C2SP_EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
# From golang.org/x/mod/sumdb/note (BSD-3-Clause): a published key with the note that it signed.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


def test_the_published_example_is_read_and_written_back() -> None:
    read = checkpoint.parse(C2SP_EXAMPLE)
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert read.signatures[0].key_id.hex() == "033de0ae"
    assert read.dump() == C2SP_EXAMPLE


def test_a_published_key_has_its_key_id_and_verifies_its_note() -> None:
    vkey = checkpoint.parse_vkey(GO_KEY)
    assert vkey.key_hash.hex() == "c74f20a3"
    assert vkey.dump() == GO_KEY
    signature = b64_decode(GO_SIGNATURE)
    assert signature[:4] == vkey.key_hash
    vkey.key.verify(signature[4:], GO_TEXT)


def test_own_checkpoint_verifies_and_goes_round() -> None:
    checkpoint.verify(checkpoint.parse(TEXT), KEY)
    assert checkpoint.parse(TEXT.encode()) == NOTE


@given(size=st.integers(0, 2**63 - 1), root=st.binary(min_size=32, max_size=32))
def test_round_trip(size: int, root: bytes) -> None:
    line = NoteSignature(KEY.name, KEY.key_hash, bytes(64))
    one = Checkpoint(KEY.name, size, root, (line,))
    assert checkpoint.parse(one.dump()) == one


LINE = TEXT.split("\n\n")[1]
BODY = TEXT.split("\n\n")[0] + "\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "checkpoint_malformed"),
        (BODY, "checkpoint_malformed"),
        (BODY + "\n", "checkpoint_malformed"),
        (TEXT[:-1], "checkpoint_malformed"),
        (TEXT + "\n", "checkpoint_malformed"),
        ("\n" + TEXT, "checkpoint_malformed"),
        (TEXT.replace("\n", "\r\n"), "checkpoint_malformed"),
        (TEXT.replace("\n20852163", "\n020852163"), "checkpoint_malformed"),
        (TEXT.replace("\n20852163", "\n+20852163"), "checkpoint_malformed"),
        (TEXT.replace("\n20852163", "\n20_852_163"), "checkpoint_malformed"),
        (TEXT.replace("\n20852163", "\n\uff120852163"), "checkpoint_malformed"),
        (TEXT.replace("\n20852163", "\n 20852163"), "checkpoint_malformed"),
        (TEXT.replace("\n20852163", "\n-1"), "checkpoint_malformed"),
        (TEXT.replace("\n20852163", "\n9223372036854775808"), "checkpoint_malformed"),
        (TEXT.replace("\n20852163", "\n" + "9" * 5_000), "checkpoint_malformed"),
        (TEXT.replace(b64_encode(ROOT), b64_encode(ROOT[:31])), "checkpoint_malformed"),
        (TEXT.replace(b64_encode(ROOT), b64_encode(ROOT)[:-1]), "checkpoint_malformed"),
        (TEXT.replace("Hh8=", "Hh9="), "checkpoint_malformed"),
        (TEXT.replace("log.example/leerspoor\n", "log.example/ leerspoor\n", 1), "checkpoint_malformed"),
        (TEXT.replace("log.example/leerspoor\n", "log.example+leerspoor\n", 1), "checkpoint_malformed"),
        (TEXT.replace("log.example/leerspoor\n", "log.example\u2003x\n", 1), "checkpoint_malformed"),
        (TEXT.replace("log.example/leerspoor\n", "log.example\x07\n", 1), "checkpoint_malformed"),
        (TEXT.replace("log.example/leerspoor\n", "x" * 256 + "\n", 1), "checkpoint_malformed"),
        (TEXT.replace("— ", "- "), "checkpoint_malformed"),
        (TEXT.replace("— ", "—"), "checkpoint_malformed"),
        (TEXT.replace("— ", "—  "), "checkpoint_malformed"),
        (BODY + "\n— name AAAAAA==\n", "checkpoint_malformed"),
        (BODY + "\n" + LINE + "\n" + LINE, "checkpoint_malformed"),
        (BODY + "extension\n\n" + LINE, "checkpoint_extension"),
        (TEXT + LINE, "checkpoint_duplicate_signature"),
        (BODY + "\n" + "".join(f"— w{n} AAAAAAAA\n" for n in range(33)), "checkpoint_malformed"),
        ("x" * 131_073, "checkpoint_too_large"),
        ("\ud800" + TEXT, "checkpoint_malformed"),
    ],
)  # fmt: skip
def test_every_other_spelling_is_refused(text: str, code: str) -> None:
    assert text != TEXT
    with pytest.raises(MalformedError) as caught:
        checkpoint.parse(text)
    assert caught.value.code == code


def test_no_single_changed_character_still_verifies() -> None:
    accepted = []
    for index in range(len(TEXT)):
        for character in ("A", "1", " ", "\n", "+"):
            changed = TEXT[:index] + character + TEXT[index + 1 :]
            if changed == TEXT:
                continue
            try:
                checkpoint.parse_signed(changed, KEY)
                accepted.append(index)
            except (MalformedError, InvalidError, UndeterminedError):
                continue
    assert accepted == []


def test_sixteen_cosignatures_are_accepted_and_ignored() -> None:
    note = NOTE
    for number in range(16):
        note = note.cosigned(NoteSignature(f"witness{number}.example", bytes([number] * 4), bytes(2_420)))
    assert checkpoint.parse_signed(note.dump(), KEY) == note
    assert len(note.signatures) == 17


def test_a_wrong_signature_of_the_known_key_is_invalid() -> None:
    bad = Checkpoint(NOTE.origin, NOTE.size + 1, NOTE.root, NOTE.signatures)
    with pytest.raises(InvalidError) as caught:
        checkpoint.verify(bad, KEY)
    assert caught.value.code == "checkpoint_signature"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (VerifierKey("other.example", ISSUER.key), "checkpoint_origin"),
        (VerifierKey(KEY.name, Signer("another").key), "checkpoint_not_signed"),
    ],
)
def test_what_another_log_signed_tells_nothing(key: VerifierKey, code: str) -> None:
    for refused in (lambda: checkpoint.verify(NOTE, key), lambda: checkpoint.parse_signed(TEXT, key)):
        with pytest.raises(UndeterminedError) as caught:
            refused()
        assert caught.value.code == code


def test_a_signer_with_another_key_is_found_out_before_publication() -> None:
    with pytest.raises(InvalidError) as caught:
        checkpoint.sign(origin=KEY.name, size=1, root=ROOT, key=KEY, signer=Signer("another").sign)
    assert caught.value.code == "checkpoint_signature"


def test_a_log_signs_only_its_own_origin() -> None:
    with pytest.raises(UndeterminedError) as caught:
        checkpoint.sign(origin="other.example", size=1, root=ROOT, key=KEY, signer=ISSUER.sign)
    assert caught.value.code == "checkpoint_origin"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("c74f20a3", "C74F20A3"),
        GO_KEY.replace("PeterNeumann", "Peter Neumann"),
        GO_KEY.replace("PeterNeumann", ""),
        GO_KEY + "=",
        GO_KEY + "\n",
        "PeterNeumann+c74f20a3+AhpcZQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "x+00000000+" + b64_encode(b"\x01" + bytes([1]) + bytes(31)),  # a small-order point
        "x" * 600,
    ],
)
def test_a_verifier_key_has_one_spelling(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        checkpoint.parse_vkey(text)
    assert caught.value.code == "vkey_malformed"


def test_a_verifier_key_is_ed25519() -> None:
    with pytest.raises(MalformedError) as caught:
        VerifierKey("log.example", Signer("p", "P-256").key)
    assert caught.value.code == "vkey_malformed"

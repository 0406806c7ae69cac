"""The operator's cosigner: two keys, kept encrypted, that say when a head was there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ledger.errors import CorruptError, UnavailableError
from ledger.keys.cosigning import KINDS, CosignerKeys
from ledger.log.cosigner import Cosigner
from tests.ledger.log.conftest import MakeLog
from tests.ledger.log.world import ORIGIN, SECRET
from tests.ledger.sealed import NOW
from verifiers.errors import InvalidError
from verifiers.formats.checkpoint import Checkpoint, NoteSignature
from verifiers.formats.cosignature import verify_cosignature


def test_keys_are_made_once_and_found_again(tmp_path: Path) -> None:
    first, second = (CosignerKeys(tmp_path / "keys", SECRET) for _ in range(2))
    for kind, length in zip(KINDS, (32, 1_312), strict=True):
        assert first.public(kind) == second.public(kind)
        assert len(first.public(kind)) == length
    other = CosignerKeys(tmp_path / "others", SECRET)
    assert other.public("Ed25519") != first.public("Ed25519")


def test_keys_are_nobody_elses_business(tmp_path: Path) -> None:
    keys = CosignerKeys(tmp_path / "keys", SECRET, random=lambda count: b"\x2a" * count)
    assert keys.public("Ed25519") != keys.public("ML-DSA-44")
    for kind in KINDS:
        path = tmp_path / "keys" / f"{kind}.key"
        assert path.stat().st_mode & 0o777 == 0o600
        assert b"\x2a" * 32 not in path.read_bytes()
        path.chmod(0o640)
        with pytest.raises(UnavailableError) as caught:
            CosignerKeys(tmp_path / "keys", SECRET)
        assert caught.value.code == "secret_readable_by_others"
        path.chmod(0o600)


@pytest.mark.parametrize("damage", ["secret", "byte", "short", "swapped"])
def test_a_key_that_is_not_what_we_wrote_stops_the_start(tmp_path: Path, damage: str) -> None:
    CosignerKeys(tmp_path / "keys", SECRET)
    one, other = (tmp_path / "keys" / f"{kind}.key" for kind in KINDS)
    data = one.read_bytes()
    match damage:
        case "byte":
            one.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "short":
            one.write_bytes(data[:5])
        case "swapped":
            one.write_bytes(other.read_bytes())
    with pytest.raises(CorruptError) as caught:
        CosignerKeys(tmp_path / "keys", bytes(32) if damage == "secret" else SECRET)
    assert caught.value.code == "key_corrupt"


def test_a_head_is_stamped_first_and_completed_later(sqlite_log: MakeLog) -> None:
    log = sqlite_log()
    head = log.heads.latest()
    complete = log.cosigner.complete(head, at=NOW + timedelta(minutes=1))
    assert complete.signatures[: len(head.signatures)] == head.signatures
    ed25519, ml_dsa = log.cosigner.keys
    assert verify_cosignature(complete, ed25519) == NOW
    assert verify_cosignature(complete, ml_dsa) == NOW + timedelta(minutes=1)
    assert log.cosigner.complete(complete, at=NOW + timedelta(hours=1)) == complete


def test_a_stamp_of_another_head_is_no_time(sqlite_log: MakeLog) -> None:
    log = sqlite_log()
    head = log.heads.latest()
    other = Checkpoint(ORIGIN, 5, bytes(32), head.signatures)
    with pytest.raises(InvalidError) as caught:
        log.cosigner.time_of(other)
    assert caught.value.code == "cosignature_invalid"
    bare = Checkpoint(ORIGIN, 5, bytes(32), (NoteSignature("someone", b"1234", b"x"),))
    assert log.cosigner.time_of(bare) is None


def test_the_name_is_the_logs_with_a_suffix(tmp_path: Path) -> None:
    cosigner = Cosigner(CosignerKeys(tmp_path, SECRET), ORIGIN)
    assert {key.name for key in cosigner.keys} == {f"{ORIGIN}/cosigner"}

"""Private keys: what they sign verifies, what lies on disk is sealed, and what is wrong is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import CorruptError, NotFoundError, UnavailableError
from ledger.keys import files
from ledger.keys.signing import LedgerKey, ManagedKeys
from verifiers.errors import InvalidError
from verifiers.primitives.keys import Kind, parse_multikey


@pytest.mark.parametrize("kind", ["Ed25519", "P-256"])
def test_a_signature_verifies_and_survives_a_restart(
    managed_keys: ManagedKeys, tmp_path: Path, secret: bytes, kind: Kind
) -> None:
    public = managed_keys.create(kind)
    again = ManagedKeys(tmp_path / "managed", secret)
    for keys in (managed_keys, again):
        signature = keys.sign(public.multikey, b"message")
        assert len(signature) == 64
        parse_multikey(public.multikey).verify(signature, b"message")
        with pytest.raises(InvalidError) as caught:
            public.verify(signature, b"other message")
        assert caught.value.code == "signature_invalid"
    assert again.multikeys() == [public.multikey]
    assert again.holds(public.multikey)


def test_the_files_are_private_and_sealed(managed_keys: ManagedKeys, tmp_path: Path, secret: bytes) -> None:
    public = managed_keys.create()
    path = tmp_path / "managed" / f"{public.multikey}.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    stranger = ManagedKeys(tmp_path / "managed", bytes(32))
    with pytest.raises(CorruptError) as caught:
        stranger.sign(public.multikey, b"")
    assert caught.value.code == "key_corrupt"


@pytest.mark.parametrize("damage", ["flipped", "empty", "other"])
def test_a_damaged_file_is_found(
    managed_keys: ManagedKeys, tmp_path: Path, secret: bytes, damage: str
) -> None:
    public, other = managed_keys.create(), managed_keys.create()
    path = tmp_path / "managed" / f"{public.multikey}.key"
    data = path.read_bytes()
    path.write_bytes(
        {
            "flipped": data[:-1] + bytes([data[-1] ^ 1]),
            "empty": b"",
            "other": (tmp_path / "managed" / f"{other.multikey}.key").read_bytes(),
        }[damage]
    )
    with pytest.raises(CorruptError) as caught:
        ManagedKeys(tmp_path / "managed", secret).sign(public.multikey, b"")
    assert caught.value.code == "key_corrupt"


@pytest.mark.parametrize("name", ["z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "../secret", ""])
def test_a_key_we_do_not_have_is_not_found(managed_keys: ManagedKeys, name: str) -> None:
    assert not managed_keys.holds(name)
    with pytest.raises(NotFoundError) as caught:
        managed_keys.sign(name, b"")
    assert caught.value.code == "key_unknown"


def test_a_file_open_to_others_is_refused(managed_keys: ManagedKeys, tmp_path: Path) -> None:
    public = managed_keys.create()
    (tmp_path / "managed" / f"{public.multikey}.key").chmod(0o640)
    with pytest.raises(UnavailableError) as caught:
        managed_keys.sign(public.multikey, b"")
    assert caught.value.code == "secret_readable_by_others"
    assert (caught.value.expected, caught.value.got) == ("0600", "0640")


def test_the_ledger_has_one_key_for_ever(tmp_path: Path, secret: bytes) -> None:
    first = LedgerKey.load_or_create(tmp_path / "log", secret)
    second = LedgerKey.load_or_create(tmp_path / "log", secret)
    assert first.public == second.public
    assert first.sign(b"{}") == second.sign(b"{}")
    ManagedKeys(tmp_path / "log", secret).create()
    with pytest.raises(UnavailableError) as caught:
        LedgerKey.load_or_create(tmp_path / "log", secret)
    assert caught.value.code == "ledger_key_ambiguous"


def test_the_ledger_does_not_start_with_another_secret(tmp_path: Path, secret: bytes) -> None:
    LedgerKey.load_or_create(tmp_path / "log", secret)
    with pytest.raises(CorruptError) as caught:
        LedgerKey.load_or_create(tmp_path / "log", bytes(32))
    assert caught.value.code == "key_corrupt"


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too short"):
        ManagedKeys(tmp_path / "managed", b"short")


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    assert files.load_or_create_secret(path) == files.load_or_create_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UnavailableError) as caught:
        files.write_secret(path, bytes(32))
    assert caught.value.code == "secret_exists"
    path.write_bytes(b"short")
    with pytest.raises(UnavailableError) as caught:
        files.load_or_create_secret(path)
    assert caught.value.code == "secret_malformed"
    files.destroy(path)
    files.destroy(path)
    with pytest.raises(UnavailableError) as caught:
        files.read_secret(path)
    assert caught.value.code == "secret_missing"
    assert list(path.parent.iterdir()) == []

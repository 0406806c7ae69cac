"""What an audit may believe, by the settings of the ledger: whose keys, and where the last signed head is.

Nothing is made here. Keys that cosign are opened with the folder's secret, as nothing else holds their public halves;
where they are not (a restored database elsewhere), they are given, or cosignatures stay unchecked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ledger.audit import HeadFile, Trust, head_file, log_key_of
from ledger.errors import UnavailableError
from ledger.keys import files
from ledger.keys.cosigning import KINDS, CosignerKeys
from ledger.log.cosigner import Cosigner
from ledger.log.etcd import EtcdPlace, parse_address
from ledger.outbound.http import Http
from ledger.settings import Settings
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import CHECKPOINT_BYTES_MAX, parse_vkey
from verifiers.formats.cosignature import WitnessKey, parse_witness_key

ETCD_SECONDS_MAX = 10.0


def trust_of(
    settings: Settings,
    *,
    url: str,
    log_key: str | None = None,
    cosigners: Sequence[str] = (),
    kept: Sequence[Path] = (),
    now: datetime | None = None,
) -> Trust:
    """Return what an audit may believe.

    Args:
        url: of the database that is audited.
        log_key: C2SP verifier key; None: the one whose file is in the folder.
        cosigners: verifier keys of the operator's cosigner; empty: what is in the folder.
        kept: files of checkpoints that somebody kept.
        now: aware; see `Trust`.

    Raises:
        UnavailableError: ledger_missing; log_key_unknown; checkpoint_unreadable; second_place_address and
            second_place_unavailable.
        MalformedError: vkey_malformed; witness_policy_* and quorum_unreachable.
    """
    file = _second_place(settings, url)
    if log_key is None:
        key, origin = log_key_of(settings.data_dir / "log-key"), settings.log_origin
    else:
        vkey = parse_vkey(log_key)
        key, origin = vkey.key, vkey.name
    return Trust(
        key,
        origin,
        file,
        tuple(map(parse_witness_key, cosigners)) or _own_cosigner(settings.data_dir, origin),
        _witnesses(settings.witnesses),
        tuple(HeadFile(f"file {path.name}", _content(path)) for path in kept),
        now,
    )


def _own_cosigner(folder: Path, origin: str) -> tuple[WitnessKey, ...]:
    keys = folder / "cosigner-keys"
    if not all((keys / f"{kind}.key").is_file() for kind in KINDS):
        return ()
    return Cosigner(CosignerKeys(keys, files.read_secret(folder / "secret")), origin).keys


def _witnesses(policy: Path | None) -> tuple[WitnessKey, ...]:
    if policy is None:
        return ()
    return tuple(witness.key for witness in witness_policy.parse(_content(policy)).witnesses.values())


def _second_place(settings: Settings, url: str) -> HeadFile | None:
    """Return the last signed head; None where it is a row of the database."""
    address = settings.second_place
    if address is None:
        return head_file(url)
    if address.startswith("file:///"):
        path = Path(address.removeprefix("file://"))
        return HeadFile(f"file {path.name}", _content(path) if path.exists() else None)
    endpoints, key = parse_address(address)
    with Http(seconds_max=ETCD_SECONDS_MAX) as http:
        note = EtcdPlace(endpoints, key, http).load()
    return HeadFile("key of etcd", None if note is None else note.encode())


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(CHECKPOINT_BYTES_MAX + 1)
    except OSError as error:
        raise UnavailableError("checkpoint_unreadable", "a file that was named cannot be read") from error

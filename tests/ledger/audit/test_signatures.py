"""Signatures are checked alike here and in processes beside this one."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.audit import Fault, signatures
from ledger.audit.signatures import Signatures
from verifiers.primitives.keys import from_raw

WRONG = (0, 999, 1_000, 1_700, 2_345, 2_499)


@pytest.mark.parametrize("processes", [0, 2])
def test_each_wrong_signature_is_named_wherever_it_is_checked(
    processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "_ALONE_EVENTS_MAX", 0)
    key = Ed25519PrivateKey.generate()
    log_key = from_raw("Ed25519", key.public_key().public_bytes_raw())
    found: list[Fault] = []
    with Signatures(log_key, processes=processes) as checking:
        for position in range(2_500):
            header = b'{"at":%d}' % position
            signature = key.sign(header)
            found += checking.add(position, header + b" " * (position in WRONG), signature)
        found += checking.rest()
    assert [(fault.row, fault.code) for fault in found] == [
        (f"position {position}", "signature_invalid") for position in WRONG
    ]

"""Signatures are checked alike here and in processes beside this one."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.audit import Fault, crew
from ledger.audit.crew import Crew
from ledger.audit.signatures import HeaderSignatures

WRONG = (0, 999, 1_000, 1_700, 2_345, 2_499)


@pytest.mark.parametrize("processes", [0, 2])
def test_each_wrong_signature_is_named_wherever_it_is_checked(
    processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "_ALONE_MAX", 0)
    key = Ed25519PrivateKey.generate()
    check = HeaderSignatures(key.public_key().public_bytes_raw())
    found: list[Fault] = []
    with Crew(processes) as working:
        for position in range(2_500):
            header = b'{"at":%d}' % position
            signature = key.sign(header)
            found += working.give(check, (position, header + b" " * (position in WRONG), signature))
        found += working.rest()
    assert [(fault.row, fault.code) for fault in found] == [
        (f"position {position}", "signature_invalid") for position in WRONG
    ]

"""A small world for the use cases: a ledger, three parties, one learner, and a clock that only the test moves.

Parties act through tokens, as they would over HTTP. `unchanged` shows that a refusal left no trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.application import Ledger
from ledger.bootstrap import OPERATOR_TOKEN_FILE
from ledger.errors import LedgerError
from ledger.usecases import enrol, issue, register
from ledger.usecases.access import Actor, authenticate
from ledger.usecases.issue import IssueAttestation, IssuedCredential
from schemas.attestation import Attestation, parse
from verifiers import Report
from verifiers.formats.receipt import parse as parse_receipt
from verifiers.formats.receipt import verify_receipt
from verifiers.primitives import strict_json
from verifiers.primitives.keys import PublicKey, from_raw

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
KINDS = ("praktijkverklaring", "workplace", "training", "microcredential")
START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def example(kind: str) -> Attestation:
    """Return the full-size example of a kind."""
    attestation: Attestation = parse(strict_json.loads_object((EXAMPLES / f"{kind}.json").read_bytes()))
    return attestation


@dataclass
class Clock:
    """Time that stands still until it is moved."""

    moment: datetime = START

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.moment

    def pass_(self, **duration: float) -> datetime:
        """Move on; `duration` as for timedelta."""
        self.moment += timedelta(**duration)
        return self.moment


@dataclass
class Party:
    """An organisation or learner with its first token."""

    id: UUID
    did: str
    actor: Actor
    secret: str


@dataclass
class World:
    """A ledger and who uses it."""

    ledger: Ledger
    clock: Clock
    operator: Actor = field(init=False)

    def __post_init__(self) -> None:
        """Let the operator in."""
        folder = self.ledger.settings.data_dir  # type: ignore[attr-defined]
        self.operator = authenticate(self.ledger, (folder / OPERATOR_TOKEN_FILE).read_text().strip())

    def organisation(self, name: str = "ROC van Testdam", **options: Any) -> Party:
        """Register an organisation."""
        command = register.RegisterOrganisation(name=name, role=options.pop("role", "school"), **options)
        made = register.register(self.ledger, self.operator, command)
        return self._party(made.organisation.id, made.organisation.did, made.token.secret)

    def learner(self, by: Party, name: str | None = "Ada de Vries") -> Party:
        """Enrol a learner."""
        made = enrol.enrol(self.ledger, by.actor, enrol.EnrolLearner(name=name))
        return self._party(made.id, made.subject_id, made.token.secret)

    def issue(self, by: Party, to: Party, kind: str = "training", **options: Any) -> IssuedCredential:
        """Issue the example of a kind."""
        return issue.issue(self.ledger, by.actor, IssueAttestation(to.id, example(kind), **options))

    def root(self) -> bytes:
        """Return the root hash over everything that is stored."""
        return self.ledger.store.head().root

    @contextmanager
    def refuses(
        self, error_class: type[LedgerError], code: str
    ) -> Iterator[pytest.ExceptionInfo[LedgerError]]:
        """Expect a refusal with this code, and the log as it was before."""
        before = self.root()
        with pytest.raises(error_class) as caught:
            yield caught
        assert caught.value.code == code
        assert self.root() == before, "the store changed"

    def require_receipt(self, receipt: str, payload: bytes, position: int | None = None) -> None:
        """Expect a receipt that proves exactly this payload in this ledger's log."""
        parsed = parse_receipt(receipt)
        verify_receipt(parsed, payload, logs=(self.ledger.heads.verifier_key,))
        assert position is None or parsed.index == position

    def _party(self, id_: UUID, did: str, secret: str) -> Party:
        return Party(id_, did, authenticate(self.ledger, secret), secret)


@dataclass(frozen=True)
class OwnSigner:
    """A private key outside the ledger."""

    private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey

    @classmethod
    def ed25519(cls) -> OwnSigner:
        """Return a new Ed25519 key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def p256(cls) -> OwnSigner:
        """Return a new P-256 key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def public(self) -> PublicKey:
        """The public half."""
        if isinstance(self.private, Ed25519PrivateKey):
            return from_raw("Ed25519", self.private.public_key().public_bytes_raw())
        numbers = self.private.public_key().public_numbers()
        return from_raw("P-256", bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32, "big"))

    def sign(self, message: bytes) -> bytes:
        """Return 64 bytes."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(message)
        r, s = utils.decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def own_key(self, did: str) -> register.OwnKey:
        """Return the key with its proof of possession for a DID."""
        text = register.possession_text(did, self.public.multikey)
        return register.OwnKey(self.public.multikey, self.sign(text.encode()))


def verdicts(report: Report) -> list[tuple[str, str, str]]:
    """Return name, verdict and code of every check that is not valid."""
    return [
        (found.name, found.verdict, found.code) for found in report.all_checks() if found.verdict != "valid"
    ]


def ids(items: Sequence[Any]) -> list[UUID]:
    """Return the ids of things, in their order."""
    return [item.id for item in items]

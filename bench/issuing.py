"""The whole path of one issue, step by step: what each costs, beside a raw signature and the whole use case.

Printed by `append` without a bar: most of it is JSON-LD, which compiled shapes are to make fast. Median of
single issues, one after another, of the full-size example of a workplace attestation.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table

from bench.databases import KINDS, Kind, address
from ledger import bootstrap
from ledger.application import Ledger
from ledger.bootstrap import OPERATOR_TOKEN_FILE
from ledger.domain.credential import Credential
from ledger.domain.learner import Learner
from ledger.domain.organisation import Organisation
from ledger.settings import Settings
from ledger.usecases import enrol, issue, register
from ledger.usecases.access import authenticate
from ledger.usecases.recording import (
    add_proofs,
    compose_document,
    lease_places,
    managed_key,
    profile_of,
    usual_suites,
)
from schemas.attestation import Attestation, parse
from verifiers.primitives import jcs, strict_json

EXAMPLE = Path(__file__).parent.parent / "schemas" / "examples" / "workplace.json"
ISSUES = 60
STEPS = ("compose", "sign (two proofs)", "seal", "log (to the commit)", "head and receipt")


def print_steps(console: Console, folder: Path, *, quick: bool) -> None:
    """Print the table of both databases."""
    table = Table("step", *(f"{kind}, microseconds" for kind in KINDS))
    columns = [_measure(kind, folder, ISSUES // 5 if quick else ISSUES) for kind in KINDS]
    for name in columns[0]:
        table.add_row(name, *(f"{column[name]:,.0f}" for column in columns))
    console.print(table)


def _measure(kind: Kind, folder: Path, issues: int) -> dict[str, float]:
    with ExitStack() as stack:
        data = folder / f"issuing-{kind}"
        settings = Settings(data_dir=data, database_url=address(kind, folder, stack))
        ledger = bootstrap.build(settings)
        stack.callback(ledger.close)
        operator = authenticate(ledger, (data / OPERATOR_TOKEN_FILE).read_text().strip())
        made = register.register(ledger, operator, register.RegisterOrganisation("ROC", role="school"))
        actor = authenticate(ledger, made.token.secret)
        learner = enrol.enrol(ledger, actor, enrol.EnrolLearner(name="Samira Haddad")).id
        attestation: Attestation = parse(strict_json.loads_object(EXAMPLE.read_bytes()))
        command = issue.IssueAttestation(learner, attestation)
        steps = [_step_by_step(ledger, made.organisation.id, learner, attestation) for _ in range(issues + 3)]
        whole = [_microseconds(lambda: issue.issue(ledger, actor, command))[0] for _ in range(issues + 3)]
        key = managed_key(ledger.load(Organisation, made.organisation.id), ledger.now())
        assert key is not None
        raw = [_microseconds(lambda: ledger.keys.sign(key.multikey, b"x" * 64))[0] for _ in range(issues + 3)]
    # The first three warm up.
    found = {
        name: statistics.median(costs[3:])
        for name, costs in zip(STEPS, zip(*steps, strict=True), strict=True)
    }
    return found | {
        "the whole use case": statistics.median(whole[3:]),
        "one raw signature": statistics.median(raw[3:]),
    }


def _step_by_step(
    ledger: Ledger, organisation_id: UUID, learner_id: UUID, attestation: Attestation
) -> list[float]:
    now = ledger.now()
    organisation, learner = ledger.load(Organisation, organisation_id), ledger.load(Learner, learner_id)
    key = managed_key(organisation, now)
    assert key is not None
    places = lease_places(ledger, organisation, now)
    credential_id = ledger.chance.uuid7(now)
    compose, document = _microseconds(
        lambda: compose_document(
            ledger,
            credential_id=credential_id,
            attestation=attestation,
            issuer=profile_of(organisation),
            learner=learner,
            with_name=True,
            valid_from=now,
            language="nl",
            organisation=organisation_id,
            places=places,
        )
    )
    sign, credential = _microseconds(
        lambda: jcs.canonicalise(
            add_proofs(
                document,
                suites=usual_suites("Ed25519"),
                verification_method=key.verification_method,
                created=now,
                sign=lambda data: ledger.keys.sign(key.multikey, data),
            )
        )
    )
    (event,) = Credential.issue(
        id=credential_id,
        event_id=ledger.chance.uuid(),
        now=now,
        learner=learner_id,
        organisation=organisation_id,
        credential=credential,
    ).collect_events()
    seal, sealed = _microseconds(lambda: ledger.sealing.to_stored_event(event))
    log, numbers = _microseconds(
        lambda: ledger.store.insert_events([sealed], rows=[place.taken_by(credential_id) for place in places])
    )
    receipt, _ = _microseconds(lambda: ledger.receipt(ledger.store.at_position(numbers[0] - 1)))
    return [compose, sign, seal, log, receipt]


def _microseconds(call: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    result = call()
    return (time.perf_counter() - begin) * 1e6, result

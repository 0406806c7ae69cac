"""Retention: the term of each kind, who is due, the warning, what keeps a trail, and the erasure at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.bootstrap import build
from ledger.domain.retention import RULES, SHORTEST, WARNING, Use, kept_until
from ledger.errors import ConflictError, ErasedError, ForbiddenError, NotFoundError
from ledger.settings import Settings
from ledger.usecases import erase, history, issue, retention, share
from ledger.usecases.access import operator_at_the_machine
from schemas import attestation
from tests.ledger.usecases.world import START, Clock, Party, World
from verifiers.formats import erasure as certificates
from verifiers.worker import Pool

SECOND = timedelta(seconds=1)


@pytest.fixture
def world(data_dir: Path, clock: Clock, pool: Pool) -> Iterator[World]:
    """A ledger whose operator said that its clock is right, though it leaps by decades."""
    ledger = build(Settings(data_dir=data_dir, clock_checked=True), clock=clock, pool=pool)
    yield World(ledger, clock)
    ledger.close()


def states(world: World) -> dict[object, str]:
    """Return the state of everybody who is due."""
    return {term.learner: term.state for term in retention.due(world.ledger, world.operator)}


def test_every_kind_has_a_rule_with_its_source() -> None:
    kinds = {path.stem for path in Path(attestation.__file__).parents[1].glob("examples/*.json")}
    assert kinds <= set(RULES)
    assert {"other", "enrolment", "share"} <= set(RULES)
    for rule in RULES.values():
        assert rule.source
        assert rule.years > 0
    assert RULES["enrolment"].term == SHORTEST


def test_the_longest_term_counts_and_an_unknown_kind_is_another() -> None:
    later = START + timedelta(days=400)
    uses = [Use("enrolment", START), Use("praktijkverklaring", START), Use("training", later)]
    assert kept_until(uses) == (START + RULES["praktijkverklaring"].term, RULES["praktijkverklaring"])
    assert kept_until([Use("enrolment", START), Use("new", START)])[1].kind == "other"


@pytest.mark.parametrize("kind", ["praktijkverklaring", "workplace", "training", "microcredential"])
def test_a_trail_is_due_when_its_term_ends_and_not_before(
    world: World, roc: Party, ada: Party, kind: str
) -> None:
    world.issue(roc, ada, kind)
    world.clock.moment = START + RULES[kind].term - SECOND
    assert states(world) == {}
    with world.refuses(ConflictError, "retention_not_due"):
        retention.warn(world.ledger, world.operator, ada.id)
    world.clock.pass_(seconds=1)
    assert states(world) == {ada.id: "due"}
    (term,) = retention.due(world.ledger, world.operator)
    assert (term.rule.kind, term.kept_until) == (kind, START + RULES[kind].term)


def test_warn_hand_over_erase(world: World, roc: Party, ada: Party, bea: Party) -> None:
    world.issue(roc, ada)
    world.issue(roc, bea, "praktijkverklaring")
    world.clock.moment = START + RULES["training"].term
    assert states(world) == {ada.id: "due"}
    with world.refuses(ConflictError, "retention_not_due"):
        retention.erase_ready(world.ledger, world.operator, ada.id)
    warned = retention.warn(world.ledger, world.operator, ada.id)
    assert (warned.state, warned.erase_after) == ("warned", world.ledger.now() + WARNING)
    with world.refuses(ConflictError, "already_warned"):
        retention.warn(world.ledger, world.operator, ada.id)
    assert retention.own_term(world.ledger, ada.actor, ada.id) == warned
    assert history.history_bundle(world.ledger, ada.actor, ada.id).startswith(b"{"), "her signed copy"
    world.clock.moment += WARNING - SECOND
    assert states(world) == {ada.id: "warned"}
    with world.refuses(ConflictError, "retention_not_due"):
        retention.erase_ready(world.ledger, world.operator, ada.id)
    world.clock.pass_(seconds=1)
    assert states(world) == {ada.id: "ready"}
    done = retention.erase_ready(world.ledger, world.operator, ada.id)
    assert certificates.parse(done.certificate).said.reason == "retention"
    assert states(world) == {}
    with world.refuses(ErasedError, "erased"):
        retention.warn(world.ledger, world.operator, ada.id)
    assert len(history.history(world.ledger, bea.actor, bea.id).entries) == 1


def test_using_the_trail_again_keeps_it_and_voids_the_warning(world: World, roc: Party, ada: Party) -> None:
    world.issue(roc, ada)
    world.clock.moment = START + RULES["training"].term
    retention.warn(world.ledger, world.operator, ada.id)
    share.grant(world.ledger, ada.actor, share.GrantShare("werk"))
    world.clock.moment += WARNING
    assert states(world) == {}
    with world.refuses(ConflictError, "retention_not_due"):
        retention.erase_ready(world.ledger, world.operator, ada.id)
    world.clock.moment += RULES["share"].term
    assert states(world) == {ada.id: "due"}, "the old warning does not count"


def test_an_organisations_look_keeps_nothing(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    world.clock.moment = START + RULES["training"].term
    issue.read(world.ledger, roc.actor, issued.id)
    assert states(world) == {ada.id: "due"}


def test_who_may_ask(world: World, roc: Party, ada: Party, bea: Party) -> None:
    for actor in (roc.actor, ada.actor):
        with world.refuses(ForbiddenError, "scope_missing"):
            list(retention.due(world.ledger, actor))
        with world.refuses(ForbiddenError, "scope_missing"):
            retention.warn(world.ledger, actor, ada.id)
        with world.refuses(ForbiddenError, "scope_missing"):
            retention.erase_ready(world.ledger, actor, ada.id)
    with world.refuses(ForbiddenError, "not_yours"):
        retention.own_term(world.ledger, bea.actor, ada.id)
    with world.refuses(NotFoundError, "learner_unknown"):
        retention.warn(world.ledger, operator_at_the_machine(), roc.id)


def test_the_erased_are_not_due(world: World, roc: Party, ada: Party) -> None:
    erase.erase(world.ledger, ada.actor, ada.id)
    world.clock.moment = START + RULES["enrolment"].term
    assert states(world) == {}

"""Shares: for a purpose, for a while, each look recorded; and nothing told about shares that are not there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.errors import ConflictError, ForbiddenError, LedgerError, NotFoundError, RejectedError
from ledger.usecases import issue, tokens
from ledger.usecases.history import history
from ledger.usecases.issue import IssueAttestation
from ledger.usecases.share import (
    LIFE,
    LIFE_MAX,
    GrantedShare,
    GrantShare,
    grant,
    landing,
    open_share,
    shares,
    withdraw,
)
from ledger.usecases.status import ChangeStatus, revoke
from ledger.usecases.verify import verify_bytes
from ledger.usecases.verify_share import token_of_link, verify_share
from tests.ledger.usecases.world import START, Party, World, example, ids
from verifiers.worker import Pool


@pytest.fixture
def trail(world: World, roc: Party, hospital: Party, ada: Party) -> list[UUID]:
    """Three credentials of Ada's, in the order in which they were issued."""
    return [
        world.issue(roc, ada).id,
        world.issue(hospital, ada, "workplace").id,
        world.issue(roc, ada, "microcredential").id,
    ]


def give(world: World, party: Party, **options: Any) -> GrantedShare:
    return grant(world.ledger, party.actor, GrantShare(**{"purpose": "stage", **options}))


def test_a_share_shows_what_was_chosen_and_verifies(world: World, ada: Party, trail: list[UUID]) -> None:
    given = give(world, ada, purpose="Sollicitatie bij de bakker", credentials=(trail[2], trail[0]))
    assert given.expires_at == START + LIFE
    assert given.url == f"http://127.0.0.1:8000/s/{given.token}"
    assert tokens.role_of(given.token) == "share"
    assert landing(world.ledger, given.token).expires_at == given.expires_at
    found = verify_share(world.ledger, given.token, opened_by="Bakkerij de Korst")
    assert found.share.purpose == "Sollicitatie bij de bakker"
    assert set(ids(found.share.history.entries)) == {trail[0], trail[2]}
    assert found.share.history.name == "Ada de Vries"
    assert found.report.verdict == "valid"
    assert [own.position for own in found.report.credentials] == [
        entry.position for entry in found.share.history.entries
    ]


def test_everything_means_everything_there_was(
    world: World, roc: Party, ada: Party, trail: list[UUID]
) -> None:
    given = give(world, ada)
    world.issue(roc, ada)
    assert set(ids(open_share(world.ledger, given.token).history.entries)) == set(trail)


def test_a_self_claim_in_a_share_is_undetermined_and_the_rest_valid(
    world: World, ada: Party, trail: list[UUID]
) -> None:
    claim = issue.issue(world.ledger, ada.actor, IssueAttestation(ada.id, example("self_claim")))
    found = verify_share(world.ledger, give(world, ada).token)
    states = dict(zip(ids(found.share.history.entries), found.report.credentials, strict=True))
    assert states[claim.id].verdict == "undetermined"
    assert {states[stream].verdict for stream in trail} == {"valid"}


def test_a_later_revocation_is_seen(world: World, roc: Party, ada: Party, trail: list[UUID]) -> None:
    given = give(world, ada)
    world.clock.pass_(days=1)
    revoke(world.ledger, roc.actor, ChangeStatus(trail[0]))
    found = verify_share(world.ledger, given.token)
    states = {entry.id: entry.status for entry in found.share.history.entries}
    assert states == {trail[0]: "revoked", trail[1]: "active", trail[2]: "active"}
    assert found.report.verdict == "invalid"


def test_the_name_can_stay_away_and_other_looks_always_do(
    world: World, roc: Party, ada: Party, trail: list[UUID]
) -> None:
    issue.read(world.ledger, roc.actor, trail[0])
    found = open_share(world.ledger, give(world, ada, with_name=False).token)
    assert found.history.name is None
    assert all(entry.readings == () for entry in found.history.entries)


def test_the_learner_sees_every_look(world: World, ada: Party, trail: list[UUID]) -> None:
    given = give(world, ada)
    size = world.ledger.store.head().size
    landing(world.ledger, given.token)
    assert world.ledger.store.head().size == size, "a preview is not a look"
    for hours, visitor in ((1, "Bakkerij de Korst"), (2, "Slagerij Zuid")):
        world.clock.moment = START + timedelta(hours=hours)
        open_share(world.ledger, given.token, opened_by=visitor)
    (view,) = shares(world.ledger, ada.actor)
    assert [(look.opened_at, look.opened_by) for look in view.openings] == [
        (START + timedelta(hours=1), "Bakkerij de Korst"),
        (START + timedelta(hours=2), "Slagerij Zuid"),
    ]


def test_looks_at_the_same_moment_are_all_recorded(world: World, ada: Party, trail: list[UUID]) -> None:
    given = give(world, ada, credentials=(trail[0],))
    with ThreadPoolExecutor(4) as threads:
        list(
            threads.map(
                lambda number: open_share(world.ledger, given.token, opened_by=f"v{number}"), range(8)
            )
        )
    (view,) = shares(world.ledger, ada.actor)
    assert sorted(look.opened_by for look in view.openings) == [f"v{number}" for number in range(8)]


def unknown(world: World, ada: Party, given: GrantedShare) -> str:
    return tokens.write("share", bytes(32))


def malformed(world: World, ada: Party, given: GrantedShare) -> str:
    return given.token[:-1]


def of_another_role(world: World, ada: Party, given: GrantedShare) -> str:
    return ada.secret


def expired(world: World, ada: Party, given: GrantedShare) -> str:
    world.clock.pass_(days=LIFE.days)
    return given.token


def withdrawn(world: World, ada: Party, given: GrantedShare) -> str:
    withdraw(world.ledger, ada.actor, given.id)
    return given.token


def erased(world: World, ada: Party, given: GrantedShare) -> str:
    world.ledger.vault.destroy(ada.id, now=START)
    return given.token


@pytest.mark.parametrize("spoil", [unknown, malformed, of_another_role, expired, withdrawn, erased])
@pytest.mark.parametrize("ask", [landing, open_share, verify_share])
def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(
    world: World,
    ada: Party,
    trail: list[UUID],
    spoil: Callable[[World, Party, GrantedShare], str],
    ask: Callable[..., object],
) -> None:
    token = spoil(world, ada, give(world, ada))
    with world.refuses(NotFoundError, "share_not_found") as caught:
        ask(world.ledger, token)
    error = caught.value
    assert (str(error), error.expected, error.got) == ("there is no such share", None, None)


def test_withdrawing(world: World, ada: Party, bea: Party, roc: Party, trail: list[UUID]) -> None:
    given = give(world, ada)
    for actor, error, code in (
        (bea.actor, ForbiddenError, "not_yours"),
        (roc.actor, ForbiddenError, "scope_missing"),
    ):
        with world.refuses(error, code):
            withdraw(world.ledger, actor, given.id)
    for nothing in (UUID(int=1), trail[0]):
        with world.refuses(NotFoundError, "share_unknown"):
            withdraw(world.ledger, ada.actor, nothing)
    world.clock.pass_(hours=1)
    assert withdraw(world.ledger, ada.actor, given.id).withdrawn_at == world.clock.moment
    with world.refuses(ConflictError, "share_withdrawn"):
        withdraw(world.ledger, ada.actor, given.id)


def test_the_list_of_shares_says_in_which_state_they_are(
    world: World, ada: Party, bea: Party, trail: list[UUID]
) -> None:
    first = give(world, ada, expires_at=START + timedelta(days=1))
    second, third = give(world, ada, credentials=(trail[1],)), give(world, ada)
    withdraw(world.ledger, ada.actor, second.id)
    world.clock.pass_(days=1)
    found = shares(world.ledger, ada.actor)
    assert [(view.id, view.state) for view in found] == [
        (third.id, "open"),
        (second.id, "withdrawn"),
        (first.id, "expired"),
    ]
    assert found[1].credentials == (trail[1],)
    assert shares(world.ledger, bea.actor) == ()


@pytest.mark.parametrize(
    ("options", "error", "code"),
    [
        ({"purpose": ""}, RejectedError, "string_too_short"),
        ({"purpose": "x" * 4_001}, RejectedError, "string_too_long"),
        ({"purpose": "voor 111222333"}, RejectedError, "bsn_refused"),
        ({"credentials": ()}, RejectedError, "nothing_to_share"),
        ({"credentials": (UUID(int=1),)}, NotFoundError, "credential_unknown"),
        ({"credentials": tuple(uuid4() for _ in range(201))}, RejectedError, "too_many_credentials"),
        ({"expires_at": START}, RejectedError, "expiry_in_past"),
        ({"expires_at": START + LIFE_MAX + timedelta(seconds=1)}, RejectedError, "expiry_too_far"),
        ({"expires_at": (START + LIFE).replace(tzinfo=None)}, RejectedError, "time_invalid"),
    ],
)
def test_what_cannot_be_shared(
    world: World,
    ada: Party,
    trail: list[UUID],
    options: dict[str, object],
    error: type[LedgerError],
    code: str,
) -> None:
    with world.refuses(error, code):
        give(world, ada, **options)


def test_only_ones_own_and_each_once(
    world: World, roc: Party, ada: Party, bea: Party, trail: list[UUID]
) -> None:
    hers = world.issue(roc, bea).id
    with world.refuses(ForbiddenError, "not_yours") as caught:
        give(world, ada, credentials=(trail[0], hers))
    assert caught.value.pointer == "/credentials/1"
    with world.refuses(RejectedError, "duplicate_item"):
        give(world, ada, credentials=(trail[0], trail[0]))
    with world.refuses(NotFoundError, "credential_unknown"):
        give(world, ada, credentials=(roc.id,))
    with world.refuses(ForbiddenError, "scope_missing"):
        grant(world.ledger, roc.actor, GrantShare("stage"))


def test_an_empty_trail_is_not_shared(world: World, bea: Party) -> None:
    with world.refuses(RejectedError, "nothing_to_share"):
        give(world, bea)


def test_the_longest_share(world: World, ada: Party, trail: list[UUID]) -> None:
    assert give(world, ada, expires_at=START + LIFE_MAX).expires_at == START + LIFE_MAX


def test_only_links_of_this_host_are_opened(world: World) -> None:
    assert token_of_link(world.ledger, "http://127.0.0.1:8000/s/lsp_share_x") == "lsp_share_x"
    for link in (
        "https://evil.example/s/x",
        "http://127.0.0.1:8000@evil.example/s/x",
        "/s/x",
        "",
        "http://127.0.0.1:80001/s/x",
    ):
        with world.refuses(RejectedError, "link_not_ours"):
            token_of_link(world.ledger, link)


def test_a_crowd_at_one_share_is_let_in(world: World, ada: Party, trail: list[UUID]) -> None:
    given = give(world, ada, credentials=(trail[0],))
    with ThreadPoolExecutor(32) as threads:
        list(threads.map(lambda _: open_share(world.ledger, given.token), range(64)))
    (view,) = shares(world.ledger, ada.actor)
    assert len(view.openings) == 64


def test_a_share_opens_also_where_the_clock_is_behind(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    link = grant(world.ledger, ada.actor, GrantShare(purpose="Sollicitatie"))
    # Another server of the same ledger, or this one after its clock was put right.
    world.clock.pass_(seconds=-5)
    opened = open_share(world.ledger, link.token)
    assert ids(opened.history.entries) == [issued.id]
    assert opened.history.known_at == START
    trail = history(world.ledger, ada.actor, ada.id)
    assert ids(trail.entries) == [issued.id]
    assert history(world.ledger, ada.actor, ada.id, known_at=world.clock()).entries == ()


def test_a_large_share_has_the_time_it_takes(
    world: World, ada: Party, trail: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred credentials take most of the time that a stranger's file may, and more on a busy machine."""
    allowed: list[float] = []
    run = Pool.run

    def watch(pool: Pool, function: Any, *arguments: Any, seconds_max: float, **more: Any) -> Any:
        allowed.append(seconds_max)
        return run(pool, function, *arguments, seconds_max=seconds_max, **more)

    monkeypatch.setattr(Pool, "run", watch)
    link = grant(world.ledger, ada.actor, GrantShare(purpose="Sollicitatie"))
    assert verify_share(world.ledger, link.token).report.verdict == "valid"
    verify_bytes(world.ledger, open_share(world.ledger, link.token).bundle)
    assert allowed == [60.0, 10.0]

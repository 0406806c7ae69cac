"""Sharing: the learner permits a look for a purpose, the visitor opens it in two steps.

Each look is recorded before anything is shown. Unknown, expired and withdrawn tokens answer alike:
NotFoundError share_not_found. Only the token's hash is stored. The server reads what it shows; a link that
it cannot read is not here yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from sqlalchemy import select

from ledger.domain.credential import Credential
from ledger.domain.share import Share
from ledger.errors import ErasedError, ForbiddenError, NotFoundError, RejectedError
from ledger.store import tables
from ledger.store.events import RowInsert
from ledger.store.reading import reading
from ledger.usecases import bundle, tokens
from ledger.usecases.access import Actor, require_learner, whole_seconds
from ledger.usecases.history import rebuild
from ledger.usecases.idempotency import Idempotency, once, remember, secret_was_shown
from ledger.usecases.text import line, paragraph
from ledger.views.history import History

if TYPE_CHECKING:
    from ledger.application import Ledger

LIFE = timedelta(days=30)
LIFE_MAX = timedelta(days=90)
CREDENTIALS_MAX = 200
VISITOR = "a visitor"


@dataclass(frozen=True, slots=True)
class GrantShare:
    """`credentials` None shares everything the trail holds now; `expires_at` None means in 30 days, at most
    90. `with_name` False leaves the name out of the page; a credential that holds it still does."""

    purpose: str
    credentials: tuple[UUID, ...] | None = None
    with_name: bool = True
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GrantedShare:
    """`token` is shown once; `url` is the link that holds it (`<base_url>/s/<token>`)."""

    id: UUID
    token: str
    url: str
    expires_at: datetime
    receipt: str


@dataclass(frozen=True, slots=True)
class ShareOpening:
    """One look at a share."""

    opened_at: datetime
    opened_by: str


@dataclass(frozen=True, slots=True)
class ShareView:
    """A share as its owner sees it."""

    id: UUID
    purpose: str
    credentials: tuple[UUID, ...]
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    state: Literal["open", "expired", "withdrawn"]
    openings: tuple[ShareOpening, ...]


@dataclass(frozen=True, slots=True)
class ShareLanding:
    """What a visitor sees before opening: neutral, nothing of the person."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedShare:
    """What a visitor sees: the trail as permitted, and the same as a bundle to keep and verify offline.

    `history.name` is None when the learner left the name out.
    """

    id: UUID
    purpose: str
    expires_at: datetime
    opened_at: datetime
    history: History
    bundle: bytes


def grant(
    ledger: Ledger, actor: Actor, command: GrantShare, *, idempotency: Idempotency | None = None
) -> GrantedShare:
    """Permit a look (`trail`).

    Raises: ForbiddenError: scope_missing, not_yours (another's credential).
        NotFoundError: credential_unknown. ErasedError: erased.
        RejectedError: nothing_to_share, too_many_credentials, duplicate_item, expiry_in_past,
        expiry_too_far, time_invalid, and the codes of a text.
        ConflictError: idempotency_conflict, secret_already_shown.
    """
    learner = require_learner(actor)
    purpose = paragraph(command.purpose, pointer="/purpose")
    now = ledger.now()
    expires_at = whole_seconds(command.expires_at) or now + LIFE
    if expires_at <= now:
        raise RejectedError("expiry_in_past", "the share would have expired already", pointer="/expires_at")
    if expires_at > now + LIFE_MAX:
        raise RejectedError(
            "expiry_too_far",
            "a share lasts for a while, not for ever",
            expected=f"at most {LIFE_MAX.days} days",
            pointer="/expires_at",
        )

    def make() -> GrantedShare:
        chosen = _chosen(ledger, learner, command.credentials)
        token = tokens.write("share", ledger.chance.bytes(tokens.SECRET_BYTES))
        share_id = ledger.chance.uuid()
        made = Share.grant(
            id=share_id,
            event_id=ledger.chance.uuid(),
            now=now,
            learner=learner,
            purpose=purpose,
            credentials=chosen,
            with_name=command.with_name,
            expires_at=expires_at,
        )
        row = RowInsert(tables.share_token, {"token_hash": tokens.hash_of(token), "share": share_id})
        memory = remember(ledger, learner, idempotency, sealed_for=learner)
        (recorded,) = ledger.record(made, memory=memory, rows=(row,))
        url = f"{ledger.settings.base_url}/s/{token}"
        return GrantedShare(share_id, token, url, expires_at, ledger.receipt(recorded))

    return once(ledger, learner, idempotency, make=make, again=secret_was_shown)


def shares(ledger: Ledger, actor: Actor) -> tuple[ShareView, ...]:
    """Return the learner's shares with every look at them, newest first (`trail`).

    Raises: ForbiddenError: scope_missing. ErasedError: erased.
    """
    learner = require_learner(actor)
    granted = ledger.store.select_subject(learner, types=(Share.Granted.TOPIC,))
    return tuple(_view(ledger.load(Share, event.sealed.stream), ledger.now()) for event in reversed(granted))


def withdraw(ledger: Ledger, actor: Actor, share_id: UUID) -> ShareView:
    """End a share (`trail`).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: share_unknown.
        ConflictError: share_withdrawn. ErasedError: erased.
    """
    learner = require_learner(actor)

    def decide(share: Share) -> None:
        if share.learner != learner:
            raise ForbiddenError("not_yours", "the share is somebody else's")
        share.withdraw(event_id=ledger.chance.uuid(), now=ledger.now())

    share, _ = ledger.change(Share, share_id, decide)
    return _view(share, ledger.now())


def landing(ledger: Ledger, token: str) -> ShareLanding:
    """Return what may be shown before opening; has no effect, so that preview robots change nothing.

    Raises: NotFoundError: share_not_found.
    """
    return ShareLanding(_find(ledger, token).expires_at)


def open_share(ledger: Ledger, token: str, *, opened_by: str = VISITOR) -> OpenedShare:
    """Open a share and record the look, before anything is shown.

    Args: opened_by: how the visitor calls itself; shown to the learner as a claim.
    Raises: NotFoundError: share_not_found. RejectedError: the codes of a line of text.
        ConflictError: bundle_too_large.
    """
    visitor = line(opened_by, pointer="/opened_by")
    try:
        return _open(ledger, token, visitor)
    except ErasedError as error:  # between finding it and showing it; a visitor is not told why it is gone
        raise _missing() from error


def _open(ledger: Ledger, token: str, visitor: str) -> OpenedShare:
    now = ledger.now()
    share, _ = ledger.change(
        Share,
        _find(ledger, token).id,
        lambda found: found.open(event_id=ledger.chance.uuid(), now=now, opened_by=visitor),
    )
    trail = rebuild(ledger, share.learner, only=share.credentials)
    shown = replace(
        trail,
        name=trail.name if share.with_name else None,
        # Who else looked is the learner's to know, not the visitor's.
        entries=tuple(replace(entry, readings=()) for entry in trail.entries),
    )
    file = bundle.make(ledger, [entry.id for entry in shown.entries])
    return OpenedShare(share.id, share.purpose, share.expires_at, now, shown, file)


def _find(ledger: Ledger, token: str) -> Share:
    """Return the open share of a token; whatever is wrong with it, the answer is the same."""
    missing = _missing()
    if tokens.role_of(token) != "share":
        raise missing
    row = tables.share_token.c
    query = select(row.share).where(row.token_hash == tokens.hash_of(token))
    with reading(ledger.engine) as connection:
        share_id = connection.execute(query).scalar_one_or_none()
    if share_id is None:
        raise missing
    try:
        share = ledger.load(Share, share_id)
    except ErasedError as error:
        raise missing from error
    if not share.is_open(ledger.now()):
        raise missing
    return share


def _missing() -> NotFoundError:
    return NotFoundError("share_not_found", "there is no such share")


def _chosen(ledger: Ledger, learner: UUID, asked: tuple[UUID, ...] | None) -> tuple[UUID, ...]:
    """Return which credentials are shared, after checking that each is the learner's own."""
    if asked is None:
        issued = ledger.store.select_subject(learner, types=(Credential.Issued.TOPIC,))
        asked = tuple(event.sealed.stream for event in issued)
    if not asked:
        raise RejectedError("nothing_to_share", "there is nothing to share", pointer="/credentials")
    if len(asked) > CREDENTIALS_MAX:
        raise RejectedError(
            "too_many_credentials",
            "more is shared than anyone reads",
            expected=f"at most {CREDENTIALS_MAX}",
            pointer="/credentials",
        )
    if len(set(asked)) != len(asked):
        raise RejectedError("duplicate_item", "a credential is chosen twice", pointer="/credentials")
    for index, stream in enumerate(asked):
        _require_own(ledger, learner, stream, pointer=f"/credentials/{index}")
    return asked


def _require_own(ledger: Ledger, learner: UUID, stream: UUID, *, pointer: str) -> None:
    first = ledger.store.select_stream(stream, lte=1)
    if not first or first[0].sealed.type != Credential.Issued.TOPIC:
        raise NotFoundError("credential_unknown", "there is no such credential", pointer=pointer)
    if first[0].sealed.subject != learner:
        raise ForbiddenError("not_yours", "the credential is somebody else's", pointer=pointer)


def _view(share: Share, now: datetime) -> ShareView:
    state: Literal["open", "expired", "withdrawn"] = "open"
    if share.withdrawn_at is not None:
        state = "withdrawn"
    elif not share.is_open(now):
        state = "expired"
    return ShareView(
        id=share.id,
        purpose=share.purpose,
        credentials=share.credentials,
        granted_at=share.created_on,
        expires_at=share.expires_at,
        withdrawn_at=share.withdrawn_at,
        state=state,
        openings=tuple(ShareOpening(opened_at, opened_by) for opened_at, opened_by in share.openings),
    )

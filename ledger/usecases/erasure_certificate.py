"""What an erasure certificate says: counted from events, in plain Dutch and English, signed by the log's key.

Not here: the steps of an erasure (`erase`), the form of a certificate (`schemas.erasure`) and how it is verified
(`verifiers.formats.erasure`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select

from ledger.domain.credential import Credential
from ledger.domain.learner import Learner
from ledger.domain.share import Share
from ledger.store import tables
from ledger.store.reading import reading
from schemas.erasure import AskedBy, ErasureModel, OldCopiesModel, PartModel, Reason, TextModel, What
from verifiers.formats import erasure as certificates

if TYPE_CHECKING:
    from ledger.application import Ledger

TEXTS: Mapping[What, tuple[str, str]] = {
    "data_key": (
        "De sleutel van deze persoon is vernietigd. Alles wat ermee versleuteld was, kan niemand meer lezen.",
        "This person's key was destroyed. Nobody can read any more what was encrypted with it.",
    ),
    "bodies": (
        "De inhoud van deze gebeurtenissen (bewijzen, naam, inzages) is onleesbaar geworden.",
        "The contents of these events (credentials, name, readings) have become unreadable.",
    ),
    "tokens": (
        "De toegangscodes van deze persoon zijn ingetrokken.",
        "This person's access tokens were revoked.",
    ),
    "shares": (
        "De links waarmee deze persoon iets deelde, zijn verwijderd.",
        "The links by which this person shared something were deleted.",
    ),
    "log_entries": (
        "Van elke gebeurtenis blijven een controlegetal, willekeurige nummers en een tijdstip, "
        "zodat de bewijzen van alle anderen blijven kloppen.",
        "Of each event a checksum, random numbers and a moment stay, so that everybody else's proofs go on holding.",
    ),
    "status_places": (
        "Plaatsen in statuslijsten worden nooit vrijgegeven: anders kon een ingetrokken bewijs weer geldig lijken.",
        "Places in status lists are never freed: otherwise a revoked credential could seem valid again.",
    ),
    "tombstone": (
        "Dat er gewist is, staat in het logboek, zodat ook een teruggezette reservekopie niets terugbrengt.",
        "That something was erased stands in the log, so that a restored backup brings nothing back.",
    ),
    "request_marks": (
        "Kenmerken van oude verzoeken blijven, zodat een herhaald verzoek niets opnieuw doet. "
        "Zonder de sleutel zeggen ze niets.",
        "Marks of old requests stay, so that a repeated request does nothing again. Without the key they say nothing.",
    ),
    "copies_of_others": (
        "Wat u of de uitgever zelf bewaart, en kopieën die anderen van u kregen, vallen hier niet onder.",
        "What you or the issuer keep yourselves, and copies that you gave to others, are not covered by this.",
    ),
}


def make(ledger: Ledger, learner: UUID, *, reason: Reason, asked_by: AskedBy) -> bytes:
    """Return the signed certificate of a person whose tombstone is recorded and whose key is destroyed."""
    (tombstone,) = ledger.store.select_subject(learner, types=(Learner.Erased.TOPIC,), limit=1)
    erased_at = ledger.vault.destroyed_at(learner)
    if erased_at is None:
        raise ValueError("a certificate follows the destruction of the key")
    counts = _counts(ledger, learner)
    events = sum(counts.values())
    epoch, noise_after = ledger.vault.noise_after()
    said = ErasureModel(
        log=ledger.heads.verifier_key.dump(),
        learner=learner,
        reason=reason,
        asked_by=asked_by,
        erased_at=erased_at,
        removed=(
            _part("data_key", 1),
            _part("bodies", events - 1),
            _part("tokens", counts.get(Learner.Enrolled.TOPIC, 0)),
            _part("shares", counts.get(Share.Granted.TOPIC, 0)),
        ),
        kept=(
            _part("log_entries", events),
            _part("status_places", _status_places(ledger, learner)),
            _part("tombstone", 1),
            _part("request_marks", None),
            _part("copies_of_others", None),
        ),
        old_copies=OldCopiesModel(epoch=epoch.number, noise_after=noise_after),
        receipt=ledger.receipt(tombstone),
    )
    key = ledger.log_key
    return certificates.sign(said, key=key.public, created=ledger.now(), signer=key.sign)


def _part(what: What, count: int | None) -> PartModel:
    dutch, english = TEXTS[what]
    return PartModel(what=what, count=count, said=TextModel(nl=dutch, en=english))


def _counts(ledger: Ledger, learner: UUID) -> dict[str, int]:
    """Return how many events about her there are, by type; the tombstone is one."""
    event = tables.event.c
    query = select(event.type, func.count()).where(event.subject == learner).group_by(event.type)
    with reading(ledger.engine) as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def _status_places(ledger: Ledger, learner: UUID) -> int:
    event, place = tables.event.c, tables.status_index
    issued = select(event.stream).where(event.subject == learner, event.type == Credential.Issued.TOPIC)
    query = select(func.count()).select_from(place).where(place.c.stream.in_(issued))
    with reading(ledger.engine) as connection:
        return connection.execute(query).scalar_one()

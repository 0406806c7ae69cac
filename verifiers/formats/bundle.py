"""Bundles: one self-contained file of credentials and what verifying them needs.

Not here: what in it counts (`verifiers.verify`), collecting one (`ledger.usecases`).
Source: docs/formats.md, "leerspoor-bundle.v1"; `schemas.bundle` is the wire form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from schemas.bundle import (
    TYPE,
    BundleAbout,
    BundleItem,
    BundleKey,
    BundleLog,
    BundleModel,
    BundleStatusEvent,
)
from verifiers.errors import MalformedError
from verifiers.formats.credential import MediaType
from verifiers.primitives import jcs
from verifiers.primitives.encoding import format_time, parse_time
from verifiers.primitives.strict_json import JSON, loads_object

BUNDLE_BYTES_MAX = 16 * 1_048_576


@dataclass(frozen=True, slots=True)
class Item:
    """A credential's exact bytes, how it is secured, and its receipt as text."""

    credential: bytes
    media_type: MediaType
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """The exact payload of an event that concerns a key, and its receipt as text."""

    payload: bytes
    receipt: str


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """The exact payload of an event by which status lists were published, and its receipt as text."""

    payload: bytes
    receipt: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle holds; all of it claims of whoever made the file.

    Args:
        created: aware UTC, whole seconds.
        did_documents: exact bytes by DID. status_lists: exact bytes by URL.
        log: (origin, verifier key text) of the log that was used.
        contexts: exact bytes by URL. policy: exact bytes of the maker's policy.
        status_events: what dates the status lists.
        about: plain words by language ("nl" and "en"), or nothing.
    """

    created: datetime
    items: tuple[Item, ...]
    keys: tuple[KeyEvent, ...]
    did_documents: Mapping[str, bytes]
    status_lists: Mapping[str, bytes]
    log: tuple[str, str] | None
    contexts: Mapping[str, bytes] = field(default_factory=dict)
    policy: bytes | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    status_events: tuple[StatusEvent, ...] = ()

    def dump(self) -> bytes:
        """Return the file: RFC 8785 JSON."""
        model = BundleModel(
            created=format_time(self.created),
            items=[
                BundleItem(
                    credential=item.credential.decode(), media_type=item.media_type, receipt=item.receipt
                )
                for item in self.items
            ],
            keys=[BundleKey(payload=key.payload.decode(), receipt=key.receipt) for key in self.keys],
            did_documents={did: data.decode() for did, data in self.did_documents.items()},
            status_lists={url: data.decode() for url, data in self.status_lists.items()},
            status_events=[
                BundleStatusEvent(payload=event.payload.decode(), receipt=event.receipt)
                for event in self.status_events
            ],
            log=None if self.log is None else BundleLog(origin=self.log[0], vkey=self.log[1]),
            contexts={url: data.decode() for url, data in self.contexts.items()},
            policy=None if self.policy is None else self.policy.decode(),
            about=BundleAbout(nl=self.about["nl"], en=self.about["en"]) if self.about else None,
        )
        return jcs.canonicalise(model.model_dump())


def is_bundle(document: Mapping[str, JSON]) -> bool:
    """Return whether a document says that it is a bundle, of whatever version."""
    value = document.get("type")
    return isinstance(value, str) and value.startswith("leerspoor-bundle.")


def parse(data: bytes) -> Bundle:
    """Read a bundle. White space between its members is free; the texts in it are exact.

    Raises:
        MalformedError: bundle_malformed, bundle_version, or a json_* code.
    """
    return from_document(loads_object(data, bytes_max=BUNDLE_BYTES_MAX))


def from_document(document: Mapping[str, JSON]) -> Bundle:
    """Read a bundle from strict JSON.

    Raises:
        MalformedError: bundle_malformed, bundle_version.
    """
    if document.get("type") != TYPE:
        raise MalformedError(
            "bundle_version", "the bundle is of a version that we do not know", expected=TYPE
        )
    try:
        model = BundleModel.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        # The names in a bundle include DIDs and URLs, so only its own member names are repeated.
        raise MalformedError(
            "bundle_malformed",
            "the bundle does not have its shape",
            got=str(first["loc"][0]) if first["loc"] else "",
        ) from error
    try:
        created = parse_time(model.created)
    except MalformedError as error:
        raise MalformedError("bundle_malformed", "the bundle's moment of creation cannot be read") from error
    return Bundle(
        created=created,
        items=tuple(Item(item.credential.encode(), item.media_type, item.receipt) for item in model.items),
        keys=tuple(KeyEvent(key.payload.encode(), key.receipt) for key in model.keys),
        did_documents={did: text.encode() for did, text in model.did_documents.items()},
        status_lists={url: text.encode() for url, text in model.status_lists.items()},
        log=None if model.log is None else (model.log.origin, model.log.vkey),
        contexts={url: text.encode() for url, text in model.contexts.items()},
        policy=None if model.policy is None else model.policy.encode(),
        about={} if model.about is None else {"nl": model.about.nl, "en": model.about.en},
        status_events=tuple(
            StatusEvent(event.payload.encode(), event.receipt) for event in model.status_events
        ),
    )

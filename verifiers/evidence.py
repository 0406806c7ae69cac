"""What a pure function cannot fetch, gathered beforehand by the verifier itself.

DID documents and status lists in `Evidence` are believed to be what their address answered, because the
verifier fetched them over an authenticated channel. Whoever only has a file from a stranger puts it into a
bundle, where it is a claim. Receipts and key events prove themselves under a log of the policy.

Not here: fetching (`ledger.outbound`, `ledger.usecases.verify`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from verifiers.errors import MalformedError
from verifiers.primitives import jcs
from verifiers.primitives.strict_json import JSON, loads_object

TYPE = "leerspoor-evidence.v1"
EVIDENCE_BYTES_MAX = 64 * 1_048_576


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the verifier gathered.

    Args:
        did_documents: exact bytes by DID.
        status_lists: exact bytes of list credentials (JSON or VC-JWT) by URL.
        receipts: (exact payload, receipt text); found by equality of the payload.
        key_events: (exact payload, receipt text) of events that concern keys.
        status_events: the same of events by which status lists were published.
    """

    did_documents: Mapping[str, bytes] = field(default_factory=dict)
    status_lists: Mapping[str, bytes] = field(default_factory=dict)
    receipts: tuple[tuple[bytes, str], ...] = ()
    key_events: tuple[tuple[bytes, str], ...] = ()
    status_events: tuple[tuple[bytes, str], ...] = ()

    def receipt_for(self, payload: bytes) -> str | None:
        """Return the receipt gathered for exactly these bytes, the last one when there are several."""
        return next((text for own, text in reversed(self.receipts) if own == payload), None)

    def dump(self) -> bytes:
        """Return the file form: RFC 8785 JSON."""
        return jcs.canonicalise(
            {
                "type": TYPE,
                "did_documents": {did: data.decode() for did, data in self.did_documents.items()},
                "status_lists": {url: data.decode() for url, data in self.status_lists.items()},
                "receipts": _dumped(self.receipts),
                "key_events": _dumped(self.key_events),
                "status_events": _dumped(self.status_events),
            }
        )


def parse(data: bytes) -> Evidence:
    """Read the file form.

    Raises:
        MalformedError: evidence_malformed, or a json_* code.
    """
    document = loads_object(data, bytes_max=EVIDENCE_BYTES_MAX, nodes_max=200_000)
    known = {"type", "did_documents", "status_lists", "receipts", "key_events", "status_events"}
    if document.get("type") != TYPE or not document.keys() <= known:
        raise MalformedError(
            "evidence_malformed", "the file is not evidence of a known version", expected=TYPE
        )
    return Evidence(
        did_documents=_texts(document.get("did_documents", {})),
        status_lists=_texts(document.get("status_lists", {})),
        receipts=_pairs(document.get("receipts", [])),
        key_events=_pairs(document.get("key_events", [])),
        status_events=_pairs(document.get("status_events", [])),
    )


def _texts(value: JSON) -> dict[str, bytes]:
    items = value.items() if isinstance(value, dict) else ()
    texts = {name: text.encode() for name, text in items if isinstance(text, str)}
    if not isinstance(value, dict) or len(texts) != len(value):
        raise MalformedError("evidence_malformed", "a part of the evidence is not an object of texts")
    return texts


def _dumped(pairs: tuple[tuple[bytes, str], ...]) -> list[JSON]:
    return [{"payload": own.decode(), "receipt": text} for own, text in pairs]


def _pairs(value: JSON) -> tuple[tuple[bytes, str], ...]:
    pairs = []
    for item in value if isinstance(value, list) else [None]:
        payload, receipt = (
            (item.get("payload"), item.get("receipt")) if isinstance(item, dict) else (None, None)
        )
        if not isinstance(payload, str) or not isinstance(receipt, str):
            raise MalformedError(
                "evidence_malformed", "a part of the evidence is not a list of payloads with receipts"
            )
        pairs.append((payload.encode(), receipt))
    return tuple(pairs)

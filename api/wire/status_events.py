"""The event that published status lists, on the wire."""

from __future__ import annotations

from api.wire.shapes import Answer


class StatusEventAnswer(Answer):
    """One `status-lists-published.v1`: its exact payload, and the receipt with the opening that proves it."""

    payload: str
    receipt: str

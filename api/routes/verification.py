"""Verifying: a credential, a JWT or a bundle, as body or as file, or a share's link of this host.

Answers 200 with a verdict for everything that is such a thing, however wrong; 4xx only for what is not.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.dependencies import CREDENTIAL_TYPES, FILE_FIELD, FORM_TYPE, LedgerOf, Submission, submission_of
from api.wire import verification as wire
from api.wire.openapi import refusals
from api.wire.shapes import Moment
from ledger.usecases import verify, verify_share

router = APIRouter(prefix="/v1", tags=["verify"])

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "examples": {
                    "credential": {"value": {"@context": ["https://www.w3.org/ns/credentials/v2"]}},
                    "link": {"value": {"link": "https://leerspoor.example/s/..."}},
                },
            },
            **{
                name: {"schema": {"type": "string"}}
                for name in sorted(CREDENTIAL_TYPES - {"application/json"})
            },
            FORM_TYPE: {
                "schema": {
                    "type": "object",
                    "required": [FILE_FIELD],
                    "properties": {FILE_FIELD: {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.post("/verify", openapi_extra=_BODY, responses=refusals(400, 404, 413, 415, 422, 503))
def verify_submission(
    ledger: LedgerOf,
    submission: Annotated[Submission, Depends(submission_of)],
    at: Annotated[Moment | None, Query(description="The moment to judge for; now.")] = None,
) -> wire.VerificationAnswer:
    """Check what is sent and return the report; nobody needs an account for it.

    The server trusts its own log and the issuers whose keys are recorded in it. A link of this host opens
    the share, which its owner sees.
    """
    if submission.link is not None:
        token = verify_share.token_of_link(ledger, submission.link)
        opened = verify_share.verify_share(ledger, token)
        recorded = tuple(entry.id for entry in opened.share.history.entries)
        return wire.VerificationAnswer(report=opened.report.to_model(), recorded=recorded)
    found = verify.verify_bytes(ledger, submission.data, at=at)
    return wire.VerificationAnswer(report=found.report.to_model(), recorded=found.recorded)

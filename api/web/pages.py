"""The pages' routes: landing, verify, and a shared trail that opens in two steps.

Looking at a link does nothing, so that preview robots and mail scanners change nothing; opening it is a POST,
and the learner sees each one. Not here: what a page says (the views), what may be done (`ledger.usecases`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from api.dependencies import LedgerOf
from api.web import assets, bundle_page, refusals
from api.web.contents import contents
from api.web.forms import Sent, sent_of, visitor_of
from api.web.own_check import OwnCheck, complete, own_check
from api.web.rendering import PUBLIC, Visit, page, visit_of
from api.web.result import result_view
from api.web.trail import trail_view
from api.wire.negotiation import prefers
from api.wire.problem import Problem, respond
from ledger.application import Ledger
from ledger.errors import CorruptError, LedgerError, NotFoundError, RejectedError
from ledger.usecases import share, verify, verify_share
from verifiers import Evidence, Report
from verifiers.errors import VerifierError

BUNDLE_NAME = "leerspoor.json"
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable", "x-robots-tag": "noindex"}
DOWNLOADER = "a visitor, who took the file along"


class PageRoute(APIRoute):
    """A route that answers an expected refusal with a page instead of a problem."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Return the handler around the route's own."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await answer(request)
            except CorruptError:
                raise  # contradictions in the store are no business of the visitor's
            except (LedgerError, VerifierError) as error:
                visit = visit_of(request)
                refusal = refusals.of_error(error, visit.words)
                return page(visit, "refusal.html", other="/", status=refusal.status, refusal=refusal)

        return guarded


router = APIRouter(include_in_schema=False, route_class=PageRoute)
VisitOf = Annotated[Visit, Depends(visit_of)]
SentOf = Annotated[Sent, Depends(sent_of)]
VisitorOf = Annotated[str | None, Depends(visitor_of)]


@router.get("/")
def landing(visit: VisitOf) -> Response:
    """Say what this is, with two doors."""
    return page(visit, "landing.html", other="/", headers=PUBLIC)


@router.get("/verify")
def verify_form(visit: VisitOf, ledger: LedgerOf) -> Response:
    """Ask for a file, a text or a link."""
    own = own_check(ledger.policy(), visit.words)
    return page(visit, "verify.html", other="/verify", headers=PUBLIC, refusal=None, own=own)


@router.post("/verify")
def verify_sent(visit: VisitOf, ledger: LedgerOf, sent: SentOf) -> Response:
    """Verify what was sent and show the report; nothing of it is kept."""
    try:
        if sent.link is not None:
            token = verify_share.token_of_link(ledger, sent.link)
            share.landing(ledger, token)
            return RedirectResponse(visit.address(f"/s/{token}"), status_code=303)
        if not sent.data:
            raise RejectedError("nothing_sent", "the form holds neither file nor text")
        found = verify.verify_bytes(ledger, sent.data)
        view = result_view(found.report, contents(sent.data), visit.words)
    except (RejectedError, NotFoundError, VerifierError) as error:
        refusal = refusals.of_error(error, visit.words)
        chooses = own_check(ledger.policy(), visit.words)
        return page(
            visit, "verify.html", other="/verify", status=refusal.status, refusal=refusal, own=chooses
        )
    own = _own_check(ledger, visit, found.report, sent.data, found.evidence)
    return page(visit, "result.html", other="/verify", view=view, own=own)


@router.get("/s/{token}")
def share_landing(visit: VisitOf, ledger: LedgerOf, token: str) -> Response:
    """Ask before opening, neutrally and without any effect."""
    found = share.landing(ledger, token)
    path = f"/s/{token}"
    expires = visit.words.day(found.expires_at)
    return page(visit, "share.html", other=path, path=path, expires=expires, refusal=None)


@router.post("/s/{token}")
def share_opened(visit: VisitOf, ledger: LedgerOf, token: str, visitor: VisitorOf) -> Response:
    """Open a share, which its owner sees, and show the trail with every check."""
    path = f"/s/{token}"
    try:
        opened = verify_share.verify_share(ledger, token, opened_by=visitor or share.VISITOR)
    except RejectedError as error:
        refusal = refusals.of_error(error, visit.words)
        expires = visit.words.day(share.landing(ledger, token).expires_at)
        return page(
            visit,
            "share.html",
            other=path,
            status=refusal.status,
            path=path,
            expires=expires,
            refusal=refusal,
        )
    own = _own_check(ledger, visit, opened.report, opened.share.bundle, Evidence())
    return page(visit, "trail.html", other=path, path=path, view=trail_view(opened, visit.words), own=own)


@router.post("/s/{token}/bundle")
def share_bundle(ledger: LedgerOf, token: str) -> Response:
    """Give the share as one file to keep and verify offline; this too is a look that its owner sees."""
    opened = share.open_share(ledger, token, opened_by=DOWNLOADER)
    headers = {"content-disposition": f'attachment; filename="{BUNDLE_NAME}"'}
    return Response(opened.bundle, media_type="application/json", headers=headers)


@router.post("/s/{token}/bundle.html")
def share_page(ledger: LedgerOf, token: str) -> Response:
    """Give the share as one page that opens offline and checks itself; a look like the other."""
    opened = share.open_share(ledger, token, opened_by=DOWNLOADER)
    headers = {"content-disposition": f'attachment; filename="{bundle_page.NAME}"'}
    return Response(
        bundle_page.bundle_page(opened.bundle), media_type=bundle_page.MEDIA_TYPE, headers=headers
    )


@router.get("/{name}")
def unknown(visit: VisitOf, request: Request) -> Response:
    """Tell a person who mistyped an address; a program gets the problem that it gets everywhere."""
    if not _is_person(request):
        raise HTTPException(404)
    refusal = refusals.of_code("page_unknown", 404, visit.words)
    return page(visit, "refusal.html", other="/", status=404, refusal=refusal)


@router.get("/static/{name:path}")
def static(visit: VisitOf, request: Request) -> Response:
    """Give a style, script, font or mark, by its whole address."""
    found = assets.by_path().get(request.url.path)
    if found is None:
        refusal = refusals.of_code("page_unknown", 404, visit.words)
        return page(visit, "refusal.html", other="/", status=404, refusal=refusal)
    return Response(found.content, media_type=found.media_type, headers=FOR_EVER)


def answer(scope: Scope, body: Problem, headers: Mapping[str, str]) -> Response:
    """Answer for the gates in front of the routes: a page for people, the problem itself for programs."""
    request = Request(scope)
    if request.url.path.startswith("/v1/") or not _is_person(request):
        return respond(body, headers)
    visit = visit_of(request)
    refusal = refusals.of_code(body.code, body.status, visit.words)
    return page(visit, "refusal.html", other="/", status=body.status, headers=headers, refusal=refusal)


def _own_check(
    ledger: Ledger, visit: Visit, report: Report, data: bytes, evidence: Evidence
) -> OwnCheck | None:
    file = complete(data, evidence, at=report.at)
    verdicts = [credential.verdict for credential in report.credentials]
    return None if file is None else own_check(ledger.policy(), visit.words, file=file, verdicts=verdicts)


def _is_person(request: Request) -> bool:
    return prefers(request.headers.get("accept"), "text/html", over="application/json")

"""`leerspoor recheck`: an organisation checks everything that a ledger holds in its name.

Findings go to standard output, one a line, and the summary last; refusals to standard error. What each code
means, and what nobody can see from here, stands in `verifiers.recheck`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import typer

from ledger.errors import LedgerError, UnavailableError
from ledger.outbound.http import Http
from verifiers.errors import MalformedError, VerifierError
from verifiers.formats import feed, register
from verifiers.formats.checkpoint import parse_vkey
from verifiers.formats.feed import FeedPage
from verifiers.formats.register import Register
from verifiers.primitives import strict_json
from verifiers.recheck import Finding, Recheck

FINE, FOUND, UNCHECKED = 0, 1, 2
PAGE_ITEMS = 100
TOKEN_CHARACTERS_MAX = 256


def recheck(
    url: Annotated[str, typer.Option(help="Address of the organisation: .../v1/organisations/<id>.")],
    token_file: Annotated[Path, typer.Option(help="File with a token that may read the feed.")],
    log: Annotated[str, typer.Option(help="The log's verifier key (name+hash+key), from elsewhere.")],
    own: Annotated[
        Path | None,
        typer.Option("--register", help="What you know you issued: a file of ids, hashes and keys."),
    ] = None,
    credentials: Annotated[
        Path | None, typer.Option(help="Folder of the credentials themselves; they prove more than hashes.")
    ] = None,
) -> None:
    """Check what a ledger holds in an organisation's name: 0 fine, 1 misissue or a fault, 2 not checked."""
    try:
        organisation = _organisation_of(url)
        known = _known(own, credentials)
        checking = Recheck(organisation, logs=(parse_vkey(log),), register=known)
        token = token_file.read_text("utf-8")[:TOKEN_CHARACTERS_MAX].strip()
        if not (token.isascii() and token.isprintable()):
            raise MalformedError("token_malformed", "the file holds no token")
        findings: list[Finding] = []
        with Http(headers={"authorization": f"Bearer {token}"}) as http:
            for page in _pages(http, url):
                findings += _told(checking.add(page))
        findings += _told(checking.finish())
    except (LedgerError, VerifierError) as error:
        typer.echo(f"leerspoor recheck: {error} ({error.code})", err=True)
        raise typer.Exit(UNCHECKED) from error
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"leerspoor recheck: a file cannot be read: {type(error).__name__}", err=True)
        raise typer.Exit(UNCHECKED) from error
    types = ", ".join(f"{count} {type_}" for type_, count in sorted(checking.counts.items()))
    typer.echo(f"recheck: {checking.counts.total()} events, {len(findings)} findings ({types})")
    verdicts = {found.verdict for found in findings}
    raise typer.Exit(FOUND if "invalid" in verdicts else UNCHECKED if verdicts else FINE)


def _pages(http: Http, url: str) -> Iterator[FeedPage]:
    """Yield the pages of the feed; a server that leads in a circle is not followed."""
    after: int | None = None
    while True:
        query = {"limit": PAGE_ITEMS} | ({} if after is None else {"after": after})
        answer = http.get(f"{url}/feed?{urlencode(query)}", bytes_max=feed.FEED_BYTES_MAX)
        if answer.status != 200:
            raise UnavailableError(_code_of(answer.body), "the ledger did not answer with the feed")
        page = feed.parse(answer.body)
        yield page
        if page.next_after is None:
            return
        if after is not None and page.next_after <= after:
            raise MalformedError("feed_malformed", "the pages of the feed lead in a circle")
        after = page.next_after


def _code_of(body: bytes) -> str:
    """Return the code of a problem, as far as it can be one."""
    try:
        code = strict_json.loads_object(body).get("code")
    except VerifierError:
        code = None
    return code if isinstance(code, str) and code.isidentifier() and len(code) < 64 else "answer_refused"


def _organisation_of(url: str) -> UUID:
    name = url.rpartition("/")[2]
    try:
        found = UUID(name)
    except ValueError:
        found = None
    if found is None or str(found) != name:
        raise MalformedError("url_malformed", "the address does not end in the id of an organisation")
    return found


def _known(own: Path | None, credentials: Path | None) -> Register | None:
    known = None if own is None else register.parse(own.read_bytes())
    if credentials is None:
        return known
    files = sorted(path for path in credentials.iterdir() if path.is_file())
    return (known or Register()).with_credentials(path.read_bytes().strip() for path in files)


def _told(findings: Iterator[Finding]) -> Iterator[Finding]:
    for found in findings:
        place = None if found.position is None else f"position {found.position}"
        words = (found.code, place, found.detail)
        typer.echo(_printable(" ".join(word for word in words if word)) + f": {found.message}")
        yield found


def _printable(text: str) -> str:
    """Return a text of the server's as a terminal may show it."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)

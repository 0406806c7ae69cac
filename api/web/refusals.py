"""Why something was not taken, in words for people. Pure: an error in, its page's words and status out.

Every refusal keeps the status and the stable code it has at the API (`api.problems`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api import problems
from api.web.language import N_, Words
from ledger.errors import LedgerError
from verifiers.errors import VerifierError


@dataclass(frozen=True, slots=True)
class RefusalView:
    """What is said instead of the page that was asked for."""

    status: int
    code: str
    headline: str
    explanation: str


Texts = tuple[str, str]
_BUSY: Texts = (N_("It is very busy right now"), N_("Nothing is lost. Please try again in a moment."))
_UNREADABLE: Texts = (
    N_("We cannot read this as a credential"),
    N_("Was the whole file or text copied? A digital credential is a file that often ends in .json or .jwt."),
)
_TOO_LARGE: Texts = (
    N_("This file is too large"),
    N_("A credential is rarely larger than a photo. At most one megabyte can be checked here."),
)
_BY_CODE: Mapping[str, Texts] = {
    "share_not_found": (
        N_("This link does not work, or no longer works"),
        N_(
            "Perhaps its time is over, perhaps it was withdrawn, or a piece of it is missing. "
            "Ask the person who sent it to you for a new one."
        ),
    ),
    "page_unknown": (
        N_("There is nothing here"),
        N_("Perhaps the address has a typing error. Begin again at the first page."),
    ),
    "nothing_sent": (N_("There was nothing to check"), N_("Choose a file, or paste a text or a link.")),
    "link_not_ours": (
        N_("We cannot open this link"),
        N_(
            "Here you can only open links of this website. You can download the credential there and check the file."
        ),
    ),
    "json_syntax": (
        N_("We cannot read this as a credential"),
        N_("The text is damaged or incomplete. Copy all of it, from the first brace to the last one."),
    ),
    "not_a_credential": (
        N_("This is not a digital credential"),
        N_(
            "A scan, photo or PDF of a diploma cannot be checked here. Ask for the digital credential: a file "
            "that often ends in .json or .jwt."
        ),
    ),
    "presentation_refused": (
        N_("This is a wrapped credential"),
        N_(
            "Your wallet put the credential into a presentation. Export the credential itself and check that."
        ),
    ),
    "json_too_large": _TOO_LARGE,
    "body_too_large": _TOO_LARGE,
    "body_too_slow": (
        N_("Sending took too long"),
        N_("Nothing is kept of what was sent. Please try again, perhaps over a faster connection."),
    ),
    "internal_error": (
        N_("Something went wrong on our side"),
        N_("It is not your fault, and we have noted it. Please try again in a moment."),
    ),
    "bsn_refused": (
        N_("Please leave out this number"),
        N_("It looks like a citizen service number (BSN). We may not keep that."),
    ),
    "string_too_long": (N_("This name is too long"), N_("Make it shorter, or leave it empty.")),
    "text_control_character": (
        N_("This name holds a character that cannot be shown"),
        N_("Type it again, or leave it empty."),
    ),
}


def of_code(code: str, status: int, words: Words) -> RefusalView:
    """Return the words for a code; one that we have no words for is told in general."""
    texts = _BY_CODE.get(code)
    if texts is None:
        texts = _BUSY if status >= 500 else _UNREADABLE
    return RefusalView(status, code, words.say(texts[0]), words.say(texts[1]))


def of_error(error: LedgerError | VerifierError, words: Words) -> RefusalView:
    """Return the words for an error, with the status it has at the API."""
    told = problems.of_ledger(error) if isinstance(error, LedgerError) else problems.of_verifier(error)
    return of_code(told.code, told.status, words)

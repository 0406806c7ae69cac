"""What a file that was sent in says of itself, beside its report: read again, strictly, and believed by nobody."""

from __future__ import annotations

from ledger.usecases import compose
from ledger.usecases.compose import AttestationView
from verifiers.errors import VerifierError
from verifiers.formats import bundle as bundles
from verifiers.formats import bundle_html
from verifiers.formats import credential as credentials
from verifiers.primitives.strict_json import loads_object

NOTHING = AttestationView("other")


def contents(data: bytes) -> tuple[AttestationView, ...]:
    """Return what each credential in a file says, in its order; nothing for one that cannot be read.

    Args:
        data: bytes that were verified, so they are known to be a credential, a token or a bundle.
    """
    data = bundle_html.unwrap(data)
    if data.lstrip(b" \t\r\n").startswith(b"{"):
        document = loads_object(data)
        if bundles.is_bundle(document):
            return tuple(_read(item.credential) for item in bundles.from_document(document).items)
    return (_read(data),)


def _read(data: bytes) -> AttestationView:
    try:
        return compose.read(credentials.parse(data).document)
    except VerifierError:
        return NOTHING

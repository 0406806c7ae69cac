"""Signing one status list, as a document with proofs and as a JWT, dated as the caller says.

Ed25519 signs without chance, so two processes that publish the same list make the same bytes.
Source: Bitstring Status List 1.0 §2.2, §4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.domain.organisation import Key
from ledger.usecases.recording import add_proofs, usual_suites
from verifiers.formats import jose
from verifiers.formats import status_list as formats
from verifiers.primitives import jcs, keys


@dataclass(frozen=True, slots=True)
class SignedList:
    """One list in its two forms: `body` is the document, `jwt` the token, both exact bytes."""

    body: bytes
    jwt: bytes


def sign_list(
    *,
    url: str,
    issuer: str,
    purpose: str,
    bits: bytes,
    moment: datetime,
    valid_until: datetime,
    ttl: timedelta,
    key: Key,
    sign: Callable[[bytes], bytes],
) -> SignedList:
    """Return the signed list; its dates and its proofs' are `moment`, whenever it is really signed.

    Args: ttl: after which readers ask again. sign: with the private half of `key`.
    """
    document = formats.list_credential(
        url=url,
        issuer=issuer,
        purpose=purpose,
        bits=bits,
        valid_from=moment,
        valid_until=valid_until,
        ttl=ttl,
    )
    public = keys.parse_multikey(key.multikey)
    header = jose.header_for(public, key_id=key.verification_method)
    to_sign = jose.signing_input(header, jcs.canonicalise(document))
    signed = add_proofs(
        document,
        suites=usual_suites(public.kind),
        verification_method=key.verification_method,
        created=moment,
        sign=sign,
    )
    return SignedList(body=jcs.canonicalise(signed), jwt=jose.seal(to_sign, sign(to_sign)))

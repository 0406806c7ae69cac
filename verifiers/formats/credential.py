"""A credential as it arrived: exact bytes, document, proofs, and the members that reports read out.

Two securings of one data model: JSON with embedded proofs (`application/vc`) and a compact JWS
(`application/vc+jwt`). The reading is lenient where a check follows: a member that is missing or misspelt is
None here and a finding of the `schema` check. One format per entry point, nothing nested: presentations and
`data:` envelopes are refused (THREATS A13).

Not here: whether any of it is true (`verifiers.verify`), the shape in detail (`schemas.credential`).
Source: VC Data Model 2.0 §4; Open Badges 3.0 §B.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import schemas.credential
from verifiers.errors import InvalidError, MalformedError
from verifiers.formats import jose
from verifiers.primitives.encoding import parse_time
from verifiers.primitives.strict_json import BYTES_MAX, JSON, loads_object

MediaType = Literal["application/vc", "application/vc+jwt"]
ISSUER_CHARACTERS_MAX = 2_048

_WHITESPACE = b" \t\r\n"
_PRESENTATIONS = frozenset(("VerifiablePresentation", "EnvelopedVerifiablePresentation"))


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential, read but not checked.

    Args:
        raw: the bytes as they came.
        secured: JSON with its `proof`, or the payload of the token with its claims.
        document: what JSON-LD reads: without `proof` and without registered claims.
        jwt: the token, None for embedded proofs.
    """

    raw: bytes
    secured: Mapping[str, JSON]
    document: Mapping[str, JSON]
    jwt: jose.Jwt | None

    @property
    def media_type(self) -> MediaType:
        """How the credential is secured."""
        return "application/vc" if self.jwt is None else "application/vc+jwt"

    @property
    def issuer_id(self) -> str | None:
        """Identifier of the issuer, normally a DID."""
        issuer = self.document.get("issuer")
        value = issuer.get("id") if isinstance(issuer, dict) else issuer
        return value if isinstance(value, str) and 0 < len(value) <= ISSUER_CHARACTERS_MAX else None

    @property
    def issuer_name(self) -> str | None:
        """The name that the issuer gives itself: a claim like all others."""
        issuer = self.document.get("issuer")
        return plain_text(issuer.get("name")) if isinstance(issuer, dict) else None

    @property
    def id(self) -> str | None:
        """Identifier of the credential."""
        return _text(self.document.get("id"))

    @property
    def name(self) -> str | None:
        """Title of the credential, or of its achievement."""
        subject = self.document.get("credentialSubject")
        achievement = subject.get("achievement") if isinstance(subject, dict) else None
        own = plain_text(self.document.get("name"))
        return own or (plain_text(achievement.get("name")) if isinstance(achievement, dict) else None)

    @property
    def types(self) -> tuple[str, ...]:
        """The types, as far as they are text."""
        value = self.document.get("type")
        return tuple(
            item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)
        )

    @property
    def subject_id(self) -> str | None:
        """Identifier of the person, who has not thereby shown to be that person."""
        subject = self.document.get("credentialSubject")
        return _text(subject.get("id")) if isinstance(subject, dict) else None

    @property
    def signed_by(self) -> tuple[str, ...]:
        """The verification methods that its proofs name, each once; a claim until a proof is verified."""
        if self.jwt is not None:
            return () if self.jwt.key_id is None else (self.jwt.key_id,)
        value = self.secured.get("proof")
        proofs = value if isinstance(value, list) else [value]
        methods = [proof.get("verificationMethod") for proof in proofs if isinstance(proof, dict)]
        return tuple(dict.fromkeys(method for method in methods if isinstance(method, str)))

    @property
    def status_entries(self) -> tuple[JSON, ...]:
        """Every `credentialStatus`, unread."""
        value = self.document.get("credentialStatus")
        return tuple(value) if isinstance(value, list) else () if value is None else (value,)

    def moment(self, member: Literal["validFrom", "validUntil", "awardedDate"]) -> datetime | None:
        """Return a moment of the credential, or None when it is not there.

        Raises:
            InvalidError: credential_time, it is there and is not a moment.
        """
        value = self.document.get(member)
        if value is None:
            return None
        try:
            return parse_time(value if isinstance(value, str) else "")
        except MalformedError as error:
            raise InvalidError(
                "credential_time", f"{member} of the credential is not a moment: {error}"
            ) from error


def parse(data: bytes, *, bytes_max: int = BYTES_MAX) -> Credential:
    """Read a credential; white space around it is not part of it.

    Raises:
        MalformedError: not_a_credential, presentation_refused, envelope_refused, a json_* or a jwt_* code.
    """
    data = data.strip(_WHITESPACE)
    if data.startswith(b"{"):
        secured, jwt = loads_object(data, bytes_max=bytes_max), None
        document = {name: value for name, value in secured.items() if name != "proof"}
    elif data.count(b".") == 2:
        jwt = jose.parse(data, bytes_max=bytes_max)
        secured = loads_object(jwt.payload, bytes_max=bytes_max)
        document = jose.document_of(secured)
    else:
        raise MalformedError("not_a_credential", "the data is neither a JSON object nor a compact token")
    credential = Credential(raw=data, secured=secured, document=document, jwt=jwt)
    _refuse_wrappers(credential)
    return credential


def check_shape(credential: Credential) -> None:
    """Return only when the credential has the shape of one and is about one thing at one time.

    Raises:
        InvalidError: schema_invalid, issuer_missing, credential_time, validity_reversed, jwt_claims_disagree,
            jwt_with_proof. UndeterminedError: jwt_vc_claim.
    """
    # 1. Claims of the token first: with a `vc` claim the rest would only be noise.
    if credential.jwt is not None:
        jose.check_claims(credential.secured)
    # 2. The members of the data model.
    try:
        schemas.credential.parse(credential.document)
    except schemas.credential.CredentialSchemaError as error:
        raise InvalidError(
            "schema_invalid", "the document does not have the shape of a credential", got=error.pointer
        ) from error
    if credential.issuer_id is None:
        raise InvalidError("issuer_missing", "the credential does not name its issuer")
    # 3. Its moments exist on the calendar and are in order.
    since, until = credential.moment("validFrom"), credential.moment("validUntil")
    credential.moment("awardedDate")
    if since is not None and until is not None and until < since:
        raise InvalidError("validity_reversed", "the credential ends before it begins")


def plain_text(value: JSON) -> str | None:
    """Return a text of VC 2.0, which may carry a language: plain, as an object, or the first of several."""
    first = value[0] if isinstance(value, list) and value else value
    return _text(first.get("@value")) if isinstance(first, dict) else _text(first)


def _refuse_wrappers(credential: Credential) -> None:
    if _PRESENTATIONS & set(credential.types):
        raise MalformedError("presentation_refused", "the document is a presentation, not a credential")
    identifier = credential.document.get("id")
    if "EnvelopedVerifiableCredential" in credential.types or (
        isinstance(identifier, str) and identifier.lower().startswith("data:")
    ):
        raise MalformedError("envelope_refused", "the document wraps a credential instead of being one")
    if not {"@context", "vc", "vp"} & credential.document.keys():
        raise MalformedError("not_a_credential", "the document has no context, so it is no credential")


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) else None

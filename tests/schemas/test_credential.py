"""The shape of a credential: what must be there, what may be there, and where the first fault is."""

import copy
from typing import Any

import pytest

from schemas.credential import AchievementCredential, CredentialSchemaError, VerifiableCredential, parse

MINIMAL: dict[str, Any] = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ],
    "id": "urn:uuid:4f2c8a6e-4d0f-4c55-9a5d-0a6e7f1f2b33",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Vaardig met de heftruck",
    "issuer": {"id": "did:web:leerhaven.example", "type": ["Profile"], "name": "Leerhaven"},
    "validFrom": "2026-03-01T09:00:00+01:00",
    "credentialSubject": {
        "id": "did:example:learner",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "https://leerhaven.example/badges/heftruck",
            "type": ["Achievement"],
            "name": "Vaardig met de heftruck",
            "description": "Rijdt veilig met een heftruck.",
            "criteria": {"narrative": "Proefrit en theorietoets."},
        },
    },
}


def without(*path: str) -> dict[str, Any]:
    """Return the minimal credential without one member."""
    document = copy.deepcopy(MINIMAL)
    node: Any = document
    for step in path[:-1]:
        node = node[step]
    del node[path[-1]]
    return document


def with_value(value: Any, *path: str) -> dict[str, Any]:
    """Return the minimal credential with one member set."""
    document = copy.deepcopy(MINIMAL)
    node: Any = document
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return document


def fault(document: dict[str, Any]) -> str:
    """Return the pointer of the first fault."""
    with pytest.raises(CredentialSchemaError) as caught:
        parse(document)
    assert caught.value.code == "schema_invalid"
    return caught.value.pointer


def test_an_open_badge_is_read_as_one() -> None:
    credential = parse(MINIMAL)
    assert isinstance(credential, AchievementCredential)
    assert credential.credentialSubject.achievement.name == "Vaardig met de heftruck"


def test_another_credential_is_read_without_the_rules_of_open_badges() -> None:
    document = without("name") | {
        "type": "VerifiableCredential",
        "credentialSubject": [{"id": "did:example:a"}, {}],
    }
    credential = parse(document)
    assert type(credential) is VerifiableCredential


@pytest.mark.parametrize(
    "document",
    [
        with_value("did:web:leerhaven.example", "issuer"),
        with_value([{"@value": "Heftruck", "@language": "nl"}], "name"),
        with_value({"@value": "Heftruck", "@language": "nl", "@direction": "ltr"}, "name"),
        with_value({"id": "https://a.example/s#1", "type": "BitstringStatusListEntry"}, "credentialStatus"),
        with_value([{"type": ["BitstringStatusListEntry"]}], "credentialStatus"),
        with_value("Achievement", "credentialSubject", "achievement", "type"),
        with_value({"anything": [1, None]}, "evidence"),
        with_value({"type": "DataIntegrityProof"}, "proof"),
        without("credentialSubject", "id"),
    ],
)
def test_spellings_that_issuers_use(document: dict[str, Any]) -> None:
    parse(document)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (without("@context"), "/@context"),
        (without("id"), "/id"),
        (without("type"), "/type"),
        (with_value(["OpenBadgeCredential"], "type"), "/type"),
        (with_value(["VerifiableCredential", "OpenBadgeCredential", 5], "type"), "/type/2"),
        (without("name"), "/name"),
        (without("issuer"), "/issuer"),
        (without("issuer", "id"), "/issuer"),
        (with_value("geen iri", "issuer"), "/issuer"),
        (without("validFrom"), "/validFrom"),
        (with_value("2026-03-01", "validFrom"), "/validFrom"),
        (with_value("2026-03-01T09:00:00", "validFrom"), "/validFrom"),
        (with_value(5, "validUntil"), "/validUntil"),
        (without("credentialSubject"), "/credentialSubject"),
        (with_value([], "credentialSubject"), "/credentialSubject"),
        (without("credentialSubject", "achievement"), "/credentialSubject/achievement"),
        (without("credentialSubject", "achievement", "id"), "/credentialSubject/achievement/id"),
        (
            with_value("heftruck", "credentialSubject", "achievement", "id"),
            "/credentialSubject/achievement/id",
        ),
        (without("credentialSubject", "achievement", "criteria"), "/credentialSubject/achievement/criteria"),
        (with_value({"result": {}}, "credentialSubject"), "/credentialSubject/type"),
        (with_value([{}], "credentialStatus"), "/credentialStatus/0/type"),
        (with_value("x" * 70_000, "name"), "/name"),
        (with_value(["u:u"] * 17, "@context"), "/@context"),
    ],
)
def test_faults_are_pointed_at(document: dict[str, Any], pointer: str) -> None:
    assert fault(document).startswith(pointer)


def test_the_message_does_not_repeat_the_document() -> None:
    with pytest.raises(CredentialSchemaError) as caught:
        parse(with_value("Samira El Idrissi", "validFrom"))
    assert "Samira" not in str(caught.value)

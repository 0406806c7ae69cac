"""A credential with every shape that Open Badges 3.0 credentials have, and a way to change one place of it.

Like the specification's complete example: one subject described twice, an achievement and its criteria with
one id, an embedded endorsement with contexts and a proof of its own, unnamed parts that look alike.
"""

from __future__ import annotations

import copy
from typing import Any

import schemas.contexts

V2 = schemas.contexts.CREDENTIALS_V2
OB3 = schemas.contexts.OPEN_BADGES_3_0_3
DI = schemas.contexts.DATA_INTEGRITY_V2

CREDENTIAL: dict[str, Any] = {
    "@context": [V2, OB3],
    "id": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d1111",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Praktijkverklaring",
    "description": [{"@value": "Zorg", "@language": "nl"}, {"@value": "Care", "@language": "en-GB"}],
    "issuer": {
        "id": "did:web:roc.example",
        "type": ["Profile"],
        "name": "ROC Voorbeeld",
        "url": "https://roc.example",
        "address": {
            "type": ["Address"],
            "addressLocality": "Delft",
            "geo": {"type": "GeoCoordinates", "latitude": 52.01, "longitude": 4.36},
        },
    },
    "validFrom": "2026-11-24T10:00:00Z",
    "credentialSubject": {
        "id": "did:example:learner",
        "type": ["AchievementSubject"],
        "creditsEarned": 2.5,
        "activityStartDate": "2026-01-05T00:00:00Z",
        "identifier": [
            {
                "type": "IdentityObject",
                "identityHash": "Sanne",
                "identityType": "name",
                "hashed": False,
                "salt": "x",
            }
        ],
        "achievement": {
            "id": "https://roc.example/achievements/1",
            "type": ["Achievement"],
            "achievementType": "Certificate",
            "name": "Werkprocessen",
            "criteria": {"id": "https://roc.example/achievements/1", "narrative": "Seen at work"},
            "creator": {
                "id": "did:web:roc.example",
                "type": ["Profile"],
                "name": "ROC Voorbeeld",
                "address": {
                    "type": ["Address"],
                    "addressLocality": "Delft",
                    "geo": {"type": "GeoCoordinates", "latitude": 52.01, "longitude": 4.36},
                },
            },
            "creditsAvailable": 40,
            "tag": ["zorg", "mbo"],
            "resultDescription": [
                {
                    "id": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d2222",
                    "type": ["ResultDescription"],
                    "name": "B1-K1-W1",
                    "resultType": "Status",
                    "allowedValue": ["A", "B", "B"],
                }
            ],
        },
        "result": [
            {
                "type": ["Result"],
                "resultDescription": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d2222",
                "value": "A",
                "alignment": [
                    {
                        "type": ["Alignment"],
                        "targetCode": "25475",
                        "targetName": "Zorg",
                        "targetUrl": "https://crebo.example/25475",
                    }
                ],
            },
            {
                "type": ["Result"],
                "resultDescription": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d2222",
                "value": "B",
            },
        ],
    },
    "endorsement": [
        {
            "@context": [V2, OB3, DI],
            "id": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d3333",
            "type": ["VerifiableCredential", "EndorsementCredential"],
            "name": "Endorsement",
            "issuer": {"id": "did:web:hospital.example", "type": ["Profile"], "name": "Hospital"},
            "validFrom": "2026-11-24T10:00:00Z",
            "credentialSubject": {
                "id": "did:web:roc.example",
                "type": ["EndorsementSubject"],
                "endorsementComment": "In good standing",
            },
            "proof": [
                {
                    "type": "DataIntegrityProof",
                    "cryptosuite": "eddsa-rdfc-2022",
                    "created": "2026-11-24T10:00:00Z",
                    "verificationMethod": "did:web:hospital.example#key",
                    "proofPurpose": "assertionMethod",
                    "proofValue": "z3FXQjecWufY46yg5abdVZsXqLhxhueuSoZgaSg7k",
                }
            ],
        }
    ],
    "credentialStatus": {
        "id": "https://roc.example/status/1#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://roc.example/status/1",
    },
}


def with_(path: str, value: Any, document: dict[str, Any] = CREDENTIAL) -> dict[str, Any]:
    """Return a copy of the credential with one place changed; a path like "issuer/name" or "result/0/value"."""
    changed = copy.deepcopy(document)
    *parents, last = path.split("/")
    node: Any = changed
    for part in parents:
        node = node[int(part)] if part.isdigit() else node[part]
    node[int(last) if last.isdigit() else last] = value
    return changed

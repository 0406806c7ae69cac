"""The example values of the OpenAPI document: invented people and organisations."""

from __future__ import annotations

LEARNER = "6f9c1f0e-2a51-4f6c-9b1e-3f2a7c5d8e90"
CREDENTIAL = "01938f2c-5d1a-7c3e-8b4f-0a1b2c3d4e5f"

ATTESTATION = {
    "kind": "training",
    "title": "Veilig tillen",
    "description": "Tillen en verplaatsen van cliënten met hulpmiddelen.",
    "learned_from": "2026-03-02",
    "learned_until": "2026-03-04",
    "awarded_at": "2026-03-04T15:00:00Z",
    "trainer": {"name": "Fatma Yildiz", "role": "trainer"},
    "hours": 12,
    "completion": "completed",
    "learning_outcomes": ["kiest het juiste hulpmiddel en legt uit waarom"],
}

"""Composing: every part of an attestation has its place, no term is lost, equal arguments give equal documents."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.usecases.compose import IssuerProfile, StatusPointer, compose
from schemas import attestation, credential
from schemas.attestation import KINDS
from schemas.bsn import contains_bsn
from verifiers.errors import InvalidError
from verifiers.primitives import linked_data

EXAMPLES = Path(attestation.__file__).parents[1] / "examples"
ID = "urn:uuid:7c0e5a34-30f5-4b0f-9a57-1a8f1b7b6f10"
LEARNER = "urn:uuid:5f8f6f6a-55f1-4b5e-a0de-8d2f8d1d7f00"
ISSUER = IssuerProfile(
    did="did:web:leerspoor.example:issuers:1", name="ROC Merwede", url="https://roc.example/"
)
REVOCATION = StatusPointer("revocation", "https://leerspoor.example/v1/organisations/1/status/revocation", 5)
SUSPENSION = StatusPointer(
    "suspension", "https://leerspoor.example/v1/organisations/1/status/suspension", 131_071
)
EXTENSION = re.compile(r"ext:[A-Za-z0-9._-]+")
RESULT_TYPES = {"LetterGrade", "Percent", "PerformanceLevel", "RawScore", "Result", "Status"}


def example(kind: str, **changes: Any) -> Any:
    """Return an example, with fields changed; None takes an optional field away."""
    read = json.loads((EXAMPLES / f"{kind}.json").read_bytes()) | changes
    return attestation.parse({name: value for name, value in read.items() if value is not None})


def composed(kind: str, **arguments: Any) -> dict[str, Any]:
    """Return the credential of an example."""
    given: dict[str, Any] = {
        "credential_id": ID,
        "issuer": ISSUER,
        "subject_id": LEARNER,
        "learner_name": None,
        "valid_from": datetime(2026, 11, 24, 10, 0, 0, 999_999, tzinfo=UTC),
        "status": (REVOCATION, SUSPENSION),
    }
    given |= arguments
    return compose(given.pop("attestation", None) or example(kind), **given)


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a document."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_term_is_lost(kind: str, language: str) -> None:
    document = composed(kind, language=language, learner_name="Samira El Idrissi")
    assert document["@context"] == list(credential.CONTEXTS)
    assert linked_data.canonicalise(document).count(b"\n") > 40


@pytest.mark.parametrize("kind", KINDS)
def test_an_undefined_term_at_any_object_is_refused(kind: str) -> None:
    # The lossless check of the verifier is what we lean on, so it is tried on our own documents.
    tried = 0
    for index, _ in enumerate(nodes(composed(kind))):
        document = composed(kind)
        list(nodes(document))[index]["undefinedTerm"] = "x"
        with pytest.raises(InvalidError) as caught:
            linked_data.canonicalise(document)
        assert caught.value.code == "term_dropped"
        tried += 1
    assert tried >= 10


@pytest.mark.parametrize("kind", KINDS)
def test_the_shape_is_an_open_badge(kind: str) -> None:
    document = composed(kind)
    assert isinstance(credential.parse(document), credential.AchievementCredential)
    achievement = document["credentialSubject"]["achievement"]
    named = achievement["achievementType"]
    assert named in {"Fieldwork", "CertificateOfCompletion", "MicroCredential"} or EXTENSION.fullmatch(named)
    for node in nodes(document):
        if "resultType" in node:
            assert node["resultType"] in RESULT_TYPES
        if "targetType" in node:
            assert EXTENSION.fullmatch(node["targetType"])
        if "identifierType" in node:
            assert EXTENSION.fullmatch(node["identifierType"])


@pytest.mark.parametrize("kind", KINDS)
def test_node_ids_are_unique_and_results_find_their_descriptions(kind: str) -> None:
    document = composed(kind)
    ids = [node["id"] for node in nodes(document) if "id" in node]
    assert len(set(ids)) == len(ids)
    subject = document["credentialSubject"]
    described = [item["id"] for item in subject["achievement"].get("resultDescription", [])]
    assert [item["resultDescription"] for item in subject.get("result", [])] == described


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_arguments_give_the_same_document_and_another_id_other_names(kind: str) -> None:
    assert json.dumps(composed(kind)) == json.dumps(composed(kind))
    other = composed(kind, credential_id="urn:uuid:00000000-0000-4000-8000-000000000000")
    kept = {node["id"] for node in nodes(composed(kind)) if "id" in node} & {
        node["id"] for node in nodes(other) if "id" in node
    }
    # Only the learner, the issuer, public addresses and the organisation's public number may link two credentials.
    own = {identifier for identifier in kept if identifier.startswith("urn:uuid:")} - {LEARNER}
    assert len(own) == (1 if kind in {"praktijkverklaring", "workplace"} else 0)


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_looks_like_a_bsn(kind: str) -> None:
    document = composed(kind, learner_name="Samira El Idrissi")
    numbers = {node["identifier"] for node in nodes(document) if node.get("identifierType") == "ext:KvK"}
    texts = [value for node in nodes(document) for value in node.values() if isinstance(value, str)]
    assert [text for text in texts if contains_bsn(text) and text not in numbers] == []


def test_the_four_dates_are_kept_apart() -> None:
    document = composed("training")
    subject = document["credentialSubject"]
    assert subject["activityStartDate"] == "2026-09-03T00:00:00Z"
    assert subject["activityEndDate"] == "2026-10-15T00:00:00Z"
    assert document["awardedDate"] == "2026-10-22T15:00:00Z"
    assert document["validFrom"] == "2026-11-24T10:00:00Z"
    assert document["validUntil"] == "2029-10-22T15:00:00Z"
    assert "validUntil" not in composed("workplace")


def test_each_werkproces_has_one_result_with_the_whole_scale() -> None:
    document = composed("praktijkverklaring")
    subject = document["credentialSubject"]
    found = [
        (item["alignment"][0]["targetCode"], item["allowedValue"])
        for item in subject["achievement"]["resultDescription"]
        if item.get("alignment", [{}])[0].get("targetType") == "ext:Werkproces"
    ]
    scale = ["heeft geoefend", "voert uit onder begeleiding", "voert zelfstandig uit"]
    assert found == [(f"B1-K1-W{number}", scale) for number in range(1, 6)]
    values = [item.get("value") for item in subject["result"][:5]]
    assert values == [scale[2], scale[2], scale[1], scale[2], scale[0]]


def test_who_judged_and_where_is_the_source() -> None:
    source = composed("praktijkverklaring")["credentialSubject"]["source"]
    assert (source["name"], source["description"]) == (
        "Marleen de Boer",
        "praktijkopleider, verpleegkundige Geriatrie",
    )
    assert source["parentOrg"]["address"]["addressLocality"] == "Sliedrecht"
    assert source["parentOrg"]["otherIdentifier"] == [
        {"type": "IdentifierEntry", "identifier": "90012347", "identifierType": "ext:KvK"},
        {"type": "IdentifierEntry", "identifier": "SBB-25960-MZ-014", "identifierType": "ext:SBBErkenning"},
    ]
    assert "source" not in composed("self_claim")["credentialSubject"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_level_is_never_bare(kind: str) -> None:
    for node in nodes(composed(kind)):
        if node.get("targetType") in {"ext:EQFLevel", "ext:NLQFLevel", "ext:MboLevel"}:
            assert re.fullmatch(r"(EQF|NLQF|mbo) \S+ \(.+\)", node["targetName"])


def test_credits_are_counted_and_hours_are_a_result() -> None:
    subject = composed("microcredential")["credentialSubject"]
    assert subject["achievement"]["creditsAvailable"] == subject["creditsEarned"] == 7.5
    whole = composed("microcredential", attestation=example("microcredential", workload={"ec": 5.0}))
    assert type(whole["credentialSubject"]["creditsEarned"]) is int
    assert "creditsAvailable" not in composed("training")["credentialSubject"]["achievement"]


def test_a_training_only_attended_is_not_completed() -> None:
    attended = example("training", completion="attended", result=None)
    results = composed("training", attestation=attended)["credentialSubject"]["result"]
    assert [item.get("status") for item in results] == [None] * len(results)
    results = composed("training")["credentialSubject"]["result"]
    assert [item["status"] for item in results if "status" in item] == ["Completed"]


def test_the_name_of_the_learner_is_written_only_when_given() -> None:
    assert "identifier" not in composed("training")["credentialSubject"]
    subject = composed("training", learner_name="Samira El Idrissi")["credentialSubject"]
    assert subject["identifier"] == [
        {
            "type": "IdentityObject",
            "hashed": False,
            "identityHash": "Samira El Idrissi",
            "identityType": "name",
        }
    ]


def test_one_status_is_an_object_and_two_are_a_list() -> None:
    assert "credentialStatus" not in composed("training", status=())
    one = composed("training", status=(REVOCATION,))["credentialStatus"]
    assert one == {
        "id": f"{REVOCATION.url}#5",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "5",
        "statusListCredential": REVOCATION.url,
    }
    two = composed("training")["credentialStatus"]
    assert [item["statusListIndex"] for item in two] == ["5", "131071"]


def test_english_is_the_main_language_only_where_it_is_complete() -> None:
    achievement = composed("workplace", language="en")["credentialSubject"]["achievement"]
    assert (achievement["inLanguage"], achievement["name"]) == (
        "en",
        "Working and learning as a hostess at the day clinic",
    )
    assert "Title in Dutch: Werken en leren als gastvrouw" in achievement["criteria"]["narrative"]
    dutch = example("workplace", title_en=None, description_en=None)
    achievement = composed("workplace", attestation=dutch, language="en")["credentialSubject"]["achievement"]
    assert (achievement["inLanguage"], achievement["name"]) == ("nl", dutch.title)


@pytest.mark.parametrize(
    "credential_id",
    [
        "7c0e5a34-30f5-4b0f-9a57-1a8f1b7b6f10",
        "urn:uuid:7C0E5A34-30F5-4B0F-9A57-1A8F1B7B6F10",
        "urn:uuid:x",
        "https://roc.example/1",
    ],
)
def test_another_kind_of_credential_id_is_a_mistake_of_the_program(credential_id: str) -> None:
    with pytest.raises(ValueError, match=r"credential id|badly formed"):
        composed("training", credential_id=credential_id)


def test_the_smallest_attestation_makes_a_whole_credential() -> None:
    smallest = attestation.parse(
        {
            "kind": "self_claim",
            "title": "Fietsen maken",
            "description": "Ik maak fietsen.",
            "learned_from": "2026-01-01",
            "learned_until": "2026-01-01",
            "awarded_at": "2026-01-01T00:00:00Z",
            "purpose": "Werk vinden.",
            "learned_where": "buurthuis",
        }
    )
    bare = IssuerProfile(did="did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", name="Buurthuis")
    document = composed("self_claim", attestation=smallest, issuer=bare, status=())
    assert linked_data.canonicalise(document)
    assert document.keys() == {
        "@context", "id", "type", "name", "issuer", "validFrom", "awardedDate", "credentialSubject",
    }  # fmt: skip

"""Reading back: what was declared is found again, in both languages, and nothing of a stranger's JSON makes it fail."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.usecases.compose import IssuerProfile, LevelView, WerkprocesView, compose, read
from schemas import attestation
from schemas.attestation import KINDS

EXAMPLES = Path(attestation.__file__).parents[1] / "examples"
ISSUER = IssuerProfile(
    did="did:web:leerspoor.example:issuers:1", name="ROC Merwede", url="https://roc.example/"
)
VALID_FROM = datetime(2026, 11, 24, 10, tzinfo=UTC)


def example(kind: str) -> Any:
    """Return an example."""
    return attestation.parse(json.loads((EXAMPLES / f"{kind}.json").read_bytes()))


def document_of(kind: str, language: Any = "nl") -> dict[str, Any]:
    """Return the credential of an example."""
    return compose(
        example(kind),
        credential_id="urn:uuid:7c0e5a34-30f5-4b0f-9a57-1a8f1b7b6f10",
        issuer=ISSUER,
        subject_id="urn:uuid:5f8f6f6a-55f1-4b5e-a0de-8d2f8d1d7f00",
        learner_name="Samira El Idrissi",
        valid_from=VALID_FROM,
        language=language,
    )


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_every_kind_says(kind: str, language: str) -> None:
    given_, view = example(kind), read(document_of(kind, language))
    texts = [(given_.title, given_.description), (given_.title_en, given_.description_en)]
    if language == "en":
        texts.reverse()
    assert [(view.title, view.description), (view.title_other, view.description_other)] == texts
    assert (view.kind, view.language, view.learner_name) == (kind, language, "Samira El Idrissi")
    assert (view.issuer_id, view.issuer_name, view.issuer_url) == (ISSUER.did, ISSUER.name, ISSUER.url)
    assert (view.learned_from, view.learned_until) == (given_.learned_from, given_.learned_until)
    assert (view.awarded_at, view.valid_from) == (given_.awarded_at, VALID_FROM)
    assert view.valid_until == given_.valid_until
    assert view.purpose == given_.purpose
    assert [(item.name, item.level_shown, item.esco) for item in view.skills] == [
        (item.name, item.level_shown, item.esco) for item in given_.skills
    ]
    assert [(item.kind, item.title, item.description, item.url) for item in view.evidence] == [
        (item.kind, item.title, item.description, item.url) for item in given_.evidence
    ]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_praktijkverklaring_gives_its_werkprocessen_and_place_back(language: str) -> None:
    given_, view = example("praktijkverklaring"), read(document_of("praktijkverklaring", language))
    assert [
        WerkprocesView(
            item.code,
            item.name,
            item.judgement,
            found.judgement_text,
            item.period_from,
            item.period_until,
            item.context,
        )
        for item, found in zip(given_.werkprocessen, view.werkprocessen, strict=True)
    ] == list(view.werkprocessen)
    assert (view.organisation, view.city, view.kvk) == (
        "Merwede Ziekenhuis, locatie Sliedrecht",
        "Sliedrecht",
        "90012347",
    )
    assert (view.person, view.person_role) == (given_.praktijkopleider.name, given_.praktijkopleider.role)
    assert view.kwalificatie == "Helpende Zorg en Welzijn (crebo 25960)"
    assert view.kwalificatiedossier == "Dienstverlening (crebo 23385)"
    assert view.hours == 560
    assert [(level.framework, level.level, level.basis) for level in view.levels] == [
        ("mbo", "2", "statutory")
    ]


def test_the_other_kinds_give_their_own_facts_back() -> None:
    workplace, given_ = read(document_of("workplace")), example("workplace")
    assert (workplace.role, workplace.hours, workplace.fte) == ("gastvrouw dagbehandeling", 384, 0.67)
    assert workplace.tasks == given_.tasks
    assert dict(workplace.criteria)["Niet beoordeeld"] == given_.not_assessed
    training, given_ = read(document_of("training")), example("training")
    assert (training.hours, training.result) == (28, "voldaan (eindopdracht 8,1)")
    assert training.completion == "afgerond met een toets of opdracht"
    assert training.learning_outcomes == given_.learning_outcomes
    assert training.levels == (
        LevelView("NLQF", "4", "ncp_levelled", "NLQF 4 (ingeschaald door het NCP NLQF)"),
    )
    micro, given_ = read(document_of("microcredential")), example("microcredential")
    assert (micro.credits, micro.hours, micro.result) == (7.5, 210, "8")
    assert [(level.framework, level.level, level.basis) for level in micro.levels] == [
        ("EQF", "5", "institution_indicative")
    ]
    assert dict(micro.criteria)["Toetsvorm"] == given_.assessment_type


def test_a_stranger_s_badge_is_read_as_far_as_it_goes() -> None:
    view = read(
        {
            "issuer": "did:web:school.example",
            "name": [{"@value": "Eerste hulp", "@language": "nl"}],
            "credentialSubject": [
                {"achievement": {"achievementType": "Badge", "criteria": {"narrative": "Kom en doe mee."}}}
            ],
            "evidence": {"id": "javascript:alert(1)", "name": "foto"},
        }
    )
    assert (view.kind, view.title, view.issuer_id) == ("other", "Eerste hulp", "did:web:school.example")
    assert view.criteria == (("", "Kom en doe mee."),)
    assert view.evidence[0].url is None


def test_dates_of_any_offset_are_read_as_days_and_moments() -> None:
    view = read(
        {"validFrom": "2026-01-01T00:30:00+01:00", "credentialSubject": {"activityStartDate": "2026-01-02"}}
    )
    assert view.valid_from == datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    assert view.learned_from == date(2026, 1, 2)


KEYS = (
    "credentialSubject", "achievement", "criteria", "narrative", "issuer", "id", "name", "evidence", "result",
    "resultDescription", "alignment", "targetType", "targetCode", "targetName", "tag", "identifier", "genre", "value",
    "source", "parentOrg", "otherIdentifier", "activityStartDate", "validFrom", "creditsAvailable", "description",
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(
        (
            "2026-02-30T00:00:00Z",
            "0001-01-01T00:00:00+23:59",
            "Uren",
            "ext:Werkproces",
            "ext:EQFLevel",
            "Uren: 5",
        )
    )
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
)


@pytest.mark.long
@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), ANY_JSON, max_size=8))
def test_nothing_makes_it_fail(document: dict[str, Any]) -> None:
    assert read(document).kind == "other"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_change_of_one_member_makes_it_fail(data: st.DataObject) -> None:
    document = document_of(data.draw(st.sampled_from(KINDS)))
    node: Any = document
    while isinstance(node, dict | list) and node:
        step = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if data.draw(st.booleans()):
            node[step] = data.draw(ANY_JSON)
            break
        node = node[step]
    read(document)

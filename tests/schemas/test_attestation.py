"""The attestation models: the examples are read, rules between fields are kept, the JSON Schema can be
handed out."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from schemas import attestation
from schemas.attestation.text import format_time

EXAMPLES = Path(attestation.__file__).parents[1] / "examples"


def read(kind: str) -> dict[str, Any]:
    """Return an example as it is sent."""
    found: dict[str, Any] = json.loads((EXAMPLES / f"{kind}.json").read_bytes())
    return found


def code(document: dict[str, Any]) -> str:
    """Return the one code of a refusal."""
    with pytest.raises(ValidationError) as caught:
        attestation.parse(document)
    (error,) = caught.value.errors()
    return error["type"]


@pytest.mark.parametrize("kind", attestation.KINDS)
def test_each_example_is_read_and_written_back_the_same(kind: str) -> None:
    document = read(kind)
    parsed = attestation.parse(document)
    assert parsed.kind == kind
    assert parsed.model_dump(mode="json", exclude_unset=True) == document


def test_there_is_one_example_of_each_kind() -> None:
    assert sorted(file.stem for file in EXAMPLES.glob("*.json")) == sorted(attestation.KINDS)


def test_dates_are_days_and_moments() -> None:
    parsed = attestation.parse(read("training"))
    assert parsed.learned_from == date(2026, 9, 3)
    assert parsed.awarded_at == datetime(2026, 10, 22, 15, tzinfo=UTC)


def test_a_year_has_four_digits_however_long_ago_it_was() -> None:
    document = read("workplace") | {
        "learned_from": "0500-01-01",
        "learned_until": "0500-02-01",
        "awarded_at": "0501-01-01T00:00:00Z",
    }
    assert attestation.parse(document).model_dump(mode="json", exclude_unset=True) == document
    assert format_time(datetime(501, 1, 1, tzinfo=UTC)) == "0501-01-01T00:00:00Z"


def test_an_attestation_cannot_be_changed() -> None:
    parsed = attestation.parse(read("training"))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(parsed, "title", "x")  # noqa: B010  (the type checker knows better)


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("training", {"learned_until": "2026-09-02"}, "period_reversed"),
        ("training", {"awarded_at": "2026-09-02T23:59:59Z"}, "awarded_before_learned"),
        ("training", {"valid_until": "2026-10-22T15:00:00Z"}, "period_reversed"),
        ("training", {"title_en": None}, "translation_incomplete"),
        ("training", {"description_en": None}, "translation_incomplete"),
        ("training", {"completion": "attended"}, "result_without_completion"),
        ("training", {"hours": 0}, "greater_than"),
        ("training", {"hours": True}, "int_type"),
        ("training", {"hours": "28"}, "int_type"),
        ("training", {"skills": [{"name": "a"}, {"name": "a"}]}, "duplicate_item"),
        ("training", {"level": {"framework": "EQF", "level": "4+", "basis": "none"}}, "level_unknown"),
        ("training", {"level": {"framework": "mbo", "level": "5", "basis": "none"}}, "level_unknown"),
        (
            "training",
            {"level": {"framework": "NLQF", "level": "4", "basis": "ncp_levelled"}},
            "level_basis_incomplete",
        ),
        (
            "training",
            {"level": {"framework": "NLQF", "level": "4", "basis": "none", "register_id": "NLQF-1"}},
            "level_basis_incomplete",
        ),
        ("workplace", {"hours": None, "fte": None}, "workload_missing"),
        ("workplace", {"basis": ["product", "product"]}, "duplicate_item"),
        ("workplace", {"basis": []}, "too_short"),
        ("workplace", {"tasks": []}, "too_short"),
        ("workplace", {"fte": 1.1}, "less_than_equal"),
        ("microcredential", {"workload": {}}, "workload_missing"),
        ("microcredential", {"workload": {"ec": 0.3}}, "multiple_of"),
        ("microcredential", {"learning_outcomes": []}, "too_short"),
        ("praktijkverklaring", {"mbo_level": 5}, "less_than_equal"),
        ("praktijkverklaring", {"werkprocessen": []}, "too_short"),
        ("self_claim", {"purpose": " "}, "string_too_short"),
        ("self_claim", {"learned_from": "1-5-2023"}, "date_invalid"),
        ("self_claim", {"learned_from": "2023-02-29"}, "date_invalid"),
        ("self_claim", {"learned_from": 1_682_899_200}, "date_invalid"),
        ("self_claim", {"awarded_at": "2026-01-15T20:30:00+01:00"}, "time_invalid"),
        ("self_claim", {"awarded_at": "2026-01-15T19:30:00.5Z"}, "time_invalid"),
        (
            "self_claim",
            {"evidence": [{"kind": "product", "title": "a", "url": "javascript:alert(1)"}]},
            "url_invalid",
        ),
        (
            "self_claim",
            {"evidence": [{"kind": "product", "title": "a", "url": "https://a@b.example/"}]},
            "url_invalid",
        ),
        ("self_claim", {"evidence": [{"kind": "product", "title": "a", "url": "https:///x"}]}, "url_invalid"),
        ("self_claim", {"evidence": [{"kind": "product", "title": "a", "url": "/relative"}]}, "url_invalid"),
        (
            "self_claim",
            {
                "evidence": [
                    {"kind": "product", "title": "a", "url": "https://a.example/"},
                    {"kind": "product", "title": "b", "url": "https://a.example/"},
                ]
            },
            "duplicate_item",
        ),
    ],
)
def test_rules_between_fields(kind: str, changes: dict[str, Any], expected: str) -> None:
    assert code(read(kind) | changes) == expected


def test_a_werkproces_has_a_whole_period_and_a_code_of_its_own() -> None:
    document = read("praktijkverklaring")
    del document["werkprocessen"][0]["period_until"]
    assert code(document) == "period_incomplete"
    document = read("praktijkverklaring")
    document["werkprocessen"][1]["code"] = "B1-K1-W1"
    assert code(document) == "duplicate_item"


def test_the_json_schema_tells_what_each_field_is_for() -> None:
    schema = attestation.json_schema()
    assert set(schema["discriminator"]["mapping"]) == set(attestation.KINDS)
    for name, definition in schema["$defs"].items():
        assert definition["additionalProperties"] is False, name
        described = {field: "description" in body for field, body in definition["properties"].items()}
        assert [field for field, found in described.items() if not found] in ([], ["kind"]), name


def test_words_from_other_scripts_and_line_breaks_are_kept() -> None:
    text = "Zoë ʻOkina — سميرة\n第二行"
    assert attestation.parse(read("self_claim") | {"description": text}).description == text

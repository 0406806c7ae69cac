"""Results of an achievement: one description and one result for each werkproces, skill level, and other
single fact.

Open Badges ties a result to its description by id; ours are derived from the credential's id (identifiers).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.usecases.compose import alignments
from ledger.usecases.compose.identifiers import node_id
from ledger.usecases.compose.words import JUDGEMENTS, Language, label, value
from schemas.attestation import AttestationBase, Microcredential, Praktijkverklaring, Training, Workplace


@dataclass(frozen=True, slots=True)
class Fact:
    """One result with its description, before it is written."""

    path: str
    name: str
    result_type: str
    value: str | None = None
    status: str | None = None
    allowed: tuple[str, ...] = ()
    alignment: tuple[dict[str, object], ...] = field(default=())


def write(
    credential_id: str, facts: Iterable[Fact]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Write facts as result descriptions and results.

    Returns:
        `achievement.resultDescription` and `credentialSubject.result`.
    """
    descriptions: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    for fact in facts:
        named = node_id(credential_id, f"result/{fact.path}")
        description: dict[str, object] = {
            "id": named,
            "type": ["ResultDescription"],
            "name": fact.name,
            "resultType": fact.result_type,
        }
        if fact.allowed:
            description["allowedValue"] = list(fact.allowed)
        if fact.alignment:
            description["alignment"] = list(fact.alignment)
        result: dict[str, object] = {"type": ["Result"], "resultDescription": named}
        if fact.value is not None:
            result["value"] = fact.value
        if fact.status is not None:
            result["status"] = fact.status
        descriptions.append(description)
        results.append(result)
    return descriptions, results


def facts_of(attestation: AttestationBase, language: Language) -> list[Fact]:
    """Gather what an attestation has to say as results."""
    facts: list[Fact] = []
    match attestation:
        case Praktijkverklaring():
            facts += _werkprocessen(attestation, language)
            facts += _hours(attestation.hours, language)
        case Workplace():
            facts += _hours(attestation.hours, language)
            if attestation.fte is not None:
                facts.append(Fact("fte", label(language, "fte"), "RawScore", value=f"{attestation.fte:g}"))
        case Training():
            facts += _hours(attestation.hours, language)
            facts.append(
                Fact(
                    "completion",
                    label(language, "completion"),
                    "Status",
                    value=value(language, "completion", attestation.completion),
                    # Being there is not yet completing it; Open Badges has no word for "attended".
                    status="Completed" if attestation.completion == "completed" else None,
                )
            )
            facts += _graded(attestation.result, language)
        case Microcredential():
            facts += _hours(attestation.workload.hours, language)
            facts += _graded(attestation.grade, language)
        case _:
            pass
    return facts + _skill_levels(attestation)


def _werkprocessen(attestation: Praktijkverklaring, language: Language) -> list[Fact]:
    scale = tuple(value(language, "judgement", code) for code in JUDGEMENTS)
    return [
        Fact(
            f"werkproces/{item.code}",
            f"{item.code} {item.name}",
            "PerformanceLevel",
            value=value(language, "judgement", item.judgement),
            allowed=scale,
            alignment=(alignments.werkproces(item, attestation.kwalificatie),),
        )
        for item in attestation.werkprocessen
    ]


def _hours(hours: int | None, language: Language) -> list[Fact]:
    # Open Badges has no member for hours: creditsAvailable counts credits, so hours are a result of their
    # own.
    return [] if hours is None else [Fact("hours", label(language, "hours"), "RawScore", value=str(hours))]


def _graded(grade: str | None, language: Language) -> list[Fact]:
    return [] if grade is None else [Fact("result", label(language, "result"), "Result", value=grade)]


def _skill_levels(attestation: AttestationBase) -> list[Fact]:
    facts = []
    for item in attestation.skills:
        if item.level_shown is not None:
            link = alignments.skill(item)
            facts.append(
                Fact(
                    f"skill/{item.name}",
                    item.name,
                    "PerformanceLevel",
                    value=item.level_shown,
                    alignment=() if link is None else (link,),
                )
            )
    return facts

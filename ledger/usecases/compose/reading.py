"""The inverse of compose, good enough for pages and histories: a credential becomes an AttestationView.

What lives here: finding our own places again, in credentials of ours and, as far as they use the same
members, of others. What does not: verifying. Never raises on any JSON object.
"""

from collections.abc import Mapping

from ledger.usecases.compose import alignments, parties, sections
from ledger.usecases.compose.tolerant import (
    Node,
    day,
    decimal,
    integer,
    member,
    members,
    moment,
    number,
    text,
)
from ledger.usecases.compose.views import AttestationView, EvidenceView, LevelView, SkillView, WerkprocesView
from ledger.usecases.compose.words import ACHIEVEMENT_TYPES, code_of_label, code_of_value

_KINDS = {achievement_type: kind for kind, achievement_type in ACHIEVEMENT_TYPES.items()}
_FRAMEWORKS = {target_type: framework for framework, target_type in alignments.LEVELS.items()}


def read(document: Mapping[str, object]) -> AttestationView:
    """Read what a credential says.

    Args:
        document: the credential as parsed JSON, signed or not.

    Returns:
        What could be found; members that are missing or of another type are None or empty.
    """
    subject = member(document, "credentialSubject")
    achievement = member(subject, "achievement")
    issuer = member(document, "issuer")
    source, place = member(subject, "source"), member(member(subject, "source"), "parentOrg")
    criteria = sections.parse(text(member(achievement, "criteria"), "narrative") or "")
    said = {code: words for label, words in criteria if (code := code_of_label(label)) is not None}
    facts = _facts(achievement, subject)
    return AttestationView(
        kind=_KINDS.get(text(achievement, "achievementType") or "", "other"),
        title=text(achievement, "name") or text(document, "name"),
        title_other=said.get("other_title"),
        description=text(achievement, "description"),
        description_other=said.get("other_description"),
        language=text(achievement, "inLanguage"),
        issuer_id=text(issuer, "id") or text(document, "issuer"),
        issuer_name=text(issuer, "name"),
        issuer_url=text(issuer, "url"),
        learner_name=_learner_name(subject),
        organisation=text(place, "name"),
        city=text(member(place, "address"), "addressLocality"),
        kvk=_identifier(place, parties.KVK),
        person=text(source, "name"),
        person_role=text(source, "description"),
        role=text(subject, "role"),
        learned_from=day(subject.get("activityStartDate")),
        learned_until=day(subject.get("activityEndDate")),
        awarded_at=moment(document, "awardedDate"),
        valid_from=moment(document, "validFrom"),
        valid_until=moment(document, "validUntil"),
        purpose=_purpose(subject),
        kwalificatie=said.get("kwalificatie"),
        kwalificatiedossier=said.get("kwalificatiedossier"),
        werkprocessen=_werkprocessen(document, facts),
        skills=_skills(achievement, facts),
        tasks=tuple(said["tasks"].split("\n")) if "tasks" in said else (),
        learning_outcomes=tuple(said["learning_outcomes"].split("\n")) if "learning_outcomes" in said else (),
        evidence=tuple(_evidence(document)),
        levels=tuple(_levels(achievement)),
        hours=integer(_fact(facts, "hours")),
        credits=number(achievement, "creditsAvailable"),
        fte=decimal(_fact(facts, "fte")),
        result=_fact(facts, "result"),
        completion=_fact(facts, "completion"),
        criteria=tuple((label, words) for label, words in criteria if words),
    )


def _facts(achievement: Node, subject: Node) -> list[tuple[Node, str | None]]:
    """Pair each result description with the value of its result."""
    values = {text(item, "resultDescription"): text(item, "value") for item in members(subject, "result")}
    return [(item, values.get(text(item, "id"))) for item in members(achievement, "resultDescription")]


def _fact(facts: list[tuple[Node, str | None]], code: str) -> str | None:
    return next((found for item, found in facts if code_of_label(text(item, "name") or "") == code), None)


def _werkprocessen(document: Node, facts: list[tuple[Node, str | None]]) -> tuple[WerkprocesView, ...]:
    evidence = {text(item, "name"): item for item in members(document, "evidence")}
    found = []
    for item, judgement in facts:
        link = member(item, "alignment")
        code, name = text(link, "targetCode"), text(link, "targetName")
        if text(link, "targetType") != alignments.WERKPROCES or code is None or name is None:
            continue
        shown = evidence.get(text(item, "name"), {})
        _, _, days = (text(shown, "description") or "").partition(": ")
        first, _, last = days.partition("/")
        found.append(
            WerkprocesView(
                code=code,
                name=name,
                judgement=code_of_value("judgement", judgement or ""),
                judgement_text=judgement,
                period_from=day(first),
                period_until=day(last),
                context=text(shown, "narrative"),
            )
        )
    return tuple(found)


def _skills(achievement: Node, facts: list[tuple[Node, str | None]]) -> tuple[SkillView, ...]:
    levels = {
        text(item, "name"): found for item, found in facts if text(item, "resultType") == "PerformanceLevel"
    }
    concepts = {
        text(item, "targetName"): text(item, "targetUrl")
        for item in members(achievement, "alignment")
        if text(item, "targetType") == alignments.SKILL
    }
    tags = achievement.get("tag")
    names = [item for item in tags if isinstance(item, str)] if isinstance(tags, list) else []
    return tuple(
        SkillView(name=name, level_shown=levels.get(name), esco=concepts.get(name)) for name in names
    )


def _evidence(document: Node) -> list[EvidenceView]:
    found = []
    for item in members(document, "evidence"):
        genre = text(item, "genre")
        kind = code_of_value("evidence", genre or "")
        if kind == "werkproces":
            continue  # shown with its werkproces
        described = text(item, "narrative") or text(item, "description")
        url = text(item, "id")
        shown_url = url if url is not None and url.startswith(("https://", "http://")) else None
        found.append(
            EvidenceView(
                title=text(item, "name"), kind=kind, genre=genre, description=described, url=shown_url
            )
        )
    return found


def _levels(achievement: Node) -> list[LevelView]:
    found = []
    for item in members(achievement, "alignment"):
        framework = _FRAMEWORKS.get(text(item, "targetType") or "")
        level, name = text(item, "targetCode"), text(item, "targetName")
        if framework is None or level is None or name is None:
            continue
        basis = _basis(text(item, "targetDescription"))
        found.append(LevelView(framework=framework, level=level, basis=basis, text=name))
    return found


def _basis(described: str | None) -> str | None:
    """Find the ground in a description that goes on with the registration."""
    words = (described or "").split(", ")
    return next(
        (
            code
            for end in range(len(words), 0, -1)
            if (code := code_of_value("level", ", ".join(words[:end])))
        ),
        None,
    )


def _learner_name(subject: Node) -> str | None:
    return next(
        (
            text(item, "identityHash")
            for item in members(subject, "identifier")
            if text(item, "identityType") == "name" and item.get("hashed") is False
        ),
        None,
    )


def _identifier(profile: Node, kind: str) -> str | None:
    return next(
        (
            text(item, "identifier")
            for item in members(profile, "otherIdentifier")
            if text(item, "identifierType") == kind
        ),
        None,
    )


def _purpose(subject: Node) -> str | None:
    narrative = text(subject, "narrative")
    if narrative is None:
        return None
    return next(
        (words for label, words in sections.parse(narrative) if code_of_label(label) == "purpose"), narrative
    )

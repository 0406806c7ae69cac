"""The evidence of an attestation: one item for each werkproces with its period and context, then what was given.

`genre` says what sort of evidence it is, in words that `read` knows again.
"""

from ledger.usecases.compose import sections
from ledger.usecases.compose.words import Language, label, value
from schemas.attestation import AttestationBase, Praktijkverklaring


def evidence_of(attestation: AttestationBase, language: Language) -> list[dict[str, object]]:
    """Return the credential's `evidence`."""
    found: list[dict[str, object]] = []
    if isinstance(attestation, Praktijkverklaring):
        for werkproces in attestation.werkprocessen:
            item: dict[str, object] = {
                "type": ["Evidence"],
                "name": f"{werkproces.code} {werkproces.name}",
                "genre": value(language, "evidence", "werkproces"),
            }
            if werkproces.period_from is not None and werkproces.period_until is not None:
                days = f"{werkproces.period_from.isoformat()}/{werkproces.period_until.isoformat()}"
                item["description"] = sections.dump([(label(language, "period"), days)])
            if werkproces.context is not None:
                item["narrative"] = werkproces.context
            if "description" in item or "narrative" in item:
                found.append(item)
    for given in attestation.evidence:
        item = {} if given.url is None else {"id": given.url}
        item |= {"type": ["Evidence"], "name": given.title, "genre": value(language, "evidence", given.kind)}
        if given.description is not None:
            item["narrative"] = given.description
        found.append(item)
    return found

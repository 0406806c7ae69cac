"""Links from an achievement to frameworks: crebo, werkproces, ESCO and levels, as Open Badges `alignment`.

Type names follow the house style of the Dutch edubadges mapping to Open Badges 3.0 (`ext:EQFLevel` and the
like).
"""

from ledger.usecases.compose.words import Language, value
from schemas.attestation import CodedName, LevelClaim, Skill, Werkproces

CREBO = "ext:Crebo"
WERKPROCES = "ext:Werkproces"
SKILL = "ext:ESCOSkill"
LEVELS = {"EQF": "ext:EQFLevel", "NLQF": "ext:NLQFLevel", "mbo": "ext:MboLevel"}

# The registers have no lasting address for each item, so the fragment tells items apart and the page stays
# reachable.
_SBB = "https://kwalificaties.s-bb.nl/#"
_LEVEL_URLS = {
    "EQF": "http://data.europa.eu/snb/eqf/",
    "NLQF": "https://www.nlqf.nl/#niveau-",
    "mbo": "https://wetten.overheid.nl/BWBR0007625/#niveau-",
}


def crebo(item: CodedName) -> dict[str, object]:
    """Link to an item of the register of vocational education."""
    return {
        "type": ["Alignment"],
        "targetName": item.name,
        "targetUrl": f"{_SBB}{item.crebo}",
        "targetCode": item.crebo,
        "targetFramework": "Crebo",
        "targetType": CREBO,
    }


def werkproces(item: Werkproces, kwalificatie: CodedName) -> dict[str, object]:
    """Link to a werkproces of a qualification."""
    return {
        "type": ["Alignment"],
        "targetName": item.name,
        "targetUrl": f"{_SBB}{kwalificatie.crebo}/{item.code}",
        "targetCode": item.code,
        "targetFramework": f"Crebo {kwalificatie.crebo}",
        "targetType": WERKPROCES,
    }


def skill(item: Skill) -> dict[str, object] | None:
    """Link to the ESCO concept of a skill, when it is known."""
    if item.esco is None:
        return None
    return {
        "type": ["Alignment"],
        "targetName": item.name,
        "targetUrl": item.esco,
        "targetFramework": "ESCO",
        "targetType": SKILL,
    }


def level(claim: LevelClaim, language: Language) -> dict[str, object]:
    """Link to a level together with the ground on which it is claimed, in the name itself.

    A bare "NLQF 4" would claim more than is known, so readers that show only the name show the ground as
    well.
    """
    ground = value(language, "level", claim.basis)
    described = ground
    if claim.register_id is not None:
        described = f"{ground}, {claim.register_id}"
        if claim.registered_from is not None:
            described += f", {claim.registered_from.isoformat()}/"
            described += claim.registered_until.isoformat() if claim.registered_until else ".."
    return {
        "type": ["Alignment"],
        "targetName": f"{claim.framework} {claim.level} ({ground})",
        "targetUrl": f"{_LEVEL_URLS[claim.framework]}{claim.level.replace('+', 'plus')}",
        "targetCode": claim.level,
        "targetDescription": described,
        "targetFramework": claim.framework,
        "targetType": LEVELS[claim.framework],
    }

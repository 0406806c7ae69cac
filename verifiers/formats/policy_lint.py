"""What is unwise about a witness policy that is well-formed: quorums that nobody can meet, or that two can.

A party is a key name: a witness with an Ed25519 and an ML-DSA-44 key is one party, and a group that holds
only keys of one party counts as that party. Counting parties, not keys, is the point of a quorum.

Not here: the grammar (`witness_policy`) and its rules (`policy_rules`).
Source: https://c2sp.org/tlog-policy; THREATS E1 for what a split quorum costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verifiers.formats.checkpoint import SIGNATURES_MAX
from verifiers.formats.policy_rules import Group, WitnessPolicy

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on a policy; an error makes the policy useless for trust.

    Args:
        line: of the policy file, 1-based, or None when the policy was not read from one.
    """

    code: str
    severity: Severity
    line: int | None
    message: str


def lint(policy: WitnessPolicy) -> tuple[Finding, ...]:
    """Return what is wrong or doubtful about a policy, errors first."""
    found = [*_about_quorum(policy), *_about_witnesses(policy)]
    return tuple(sorted(found, key=lambda finding: finding.severity))


def colluders(policy: WitnessPolicy) -> int:
    """Return how many parties must lie before two different heads can both meet the quorum.

    0 means that two disjoint sets of honest witnesses do; "quorum none" gives 0 too. A party whose keys stand
    in more than one place is counted once for each (finding `witness_counts_twice`).
    """
    if policy.quorum is None:
        return 0
    parties = _parties(policy)
    # How many members of a subtree must sign both heads for both to get the subtree's word.
    cost = dict.fromkeys(policy.witnesses, 1)
    for group in policy.groups.values():
        if group.name in parties:
            cost[group.name] = 1
            continue
        # Each head needs k of n. A member that signs both serves both, any other serves one head only:
        # 2(k - d) <= n - d, so d = 2k - n members must serve both, and the cheapest ones do.
        both = max(0, 2 * group.threshold - len(group.members))
        cost[group.name] = sum(sorted(cost[name] for name in group.members)[:both])
    return cost[policy.quorum]


def _about_quorum(policy: WitnessPolicy) -> list[Finding]:
    line = policy.lines.get("")
    if policy.quorum is None:
        return [Finding("quorum_none", "warning", line, "No witness has to see anything: nobody is watched.")]
    found = []
    if _signatures_needed(policy) > SIGNATURES_MAX - 1:
        message = f"The quorum needs more cosignatures than the {SIGNATURES_MAX} lines of a checkpoint hold."
        found.append(Finding("quorum_unreachable", "error", line, message))
    number = colluders(policy)
    if number == 0:
        message = (
            "Two sets without a common witness can meet the quorum, so two histories can both be believed."
        )
        found.append(Finding("quorum_splits", "error", line, message))
    elif number == 1:
        message = "One lying witness is enough for two histories that both meet the quorum."
        found.append(Finding("quorum_of_one", "warning", line, message))
    return found


def _about_witnesses(policy: WitnessPolicy) -> list[Finding]:
    found = []
    used = _below(policy)
    for name in [*policy.witnesses, *policy.groups]:
        if name not in used and policy.quorum is not None:
            kind = "witness" if name in policy.witnesses else "group"
            message = f"The {kind} has no part in the quorum."
            found.append(Finding(f"{kind}_unused", "warning", policy.lines.get(name), message))
    logs = {log.key.raw for log in policy.logs}
    places: dict[str, list[str]] = {}
    for name, party in _places(policy):
        places.setdefault(party, []).append(name)
    for witness in policy.witnesses.values():
        if witness.key.raw in logs:
            message = "The witness has the key of a log: nobody can be a witness to its own acts."
            found.append(Finding("witness_is_log", "error", policy.lines.get(witness.name), message))
    for names in places.values():
        for name in names[1:]:
            message = (
                "A witness has another key elsewhere in the policy; join its keys in one group of their own."
            )
            found.append(Finding("witness_counts_twice", "warning", policy.lines.get(name), message))
    return found


def _parties(policy: WitnessPolicy) -> dict[str, str]:
    """Return the party of every witness, and of every group that holds keys of one party only."""
    parties = {name: witness.key.name for name, witness in policy.witnesses.items()}
    for group in policy.groups.values():
        own = {parties.get(name) for name in group.members}
        if len(own) == 1 and None not in own:
            parties[group.name] = next(name for name in own if name is not None)
    return parties


def _places(policy: WitnessPolicy) -> list[tuple[str, str]]:
    """Return the outermost names that stand for one party, and that party."""
    parties = _parties(policy)
    inside = {name for group in policy.groups.values() if group.name in parties for name in group.members}
    return [(name, party) for name, party in parties.items() if name not in inside]


def _below(policy: WitnessPolicy) -> set[str]:
    """Return every name that has a part in the quorum."""
    used = {policy.quorum}
    for group in reversed(tuple(policy.groups.values())):
        if group.name in used:
            used.update(group.members)
    return {name for name in used if name is not None}


def _signatures_needed(policy: WitnessPolicy) -> int:
    needed = dict.fromkeys(policy.witnesses, 1)
    for group in policy.groups.values():
        needed[group.name] = _cheapest(group, needed)
    return needed[policy.quorum] if policy.quorum is not None else 0


def _cheapest(group: Group, needed: dict[str, int]) -> int:
    return sum(sorted(needed[name] for name in group.members)[: group.threshold])

"""Which witnesses are enough: C2SP tlog-policy files, read strictly and applied to a checkpoint.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> <k>|all|any <name>...     at least k of these have witnessed
    quorum <name>|none

Narrower than the specification: UTF-8 only (a policy travels inside JSON), and logs with type 0x01 keys only.

Not here: verifying one cosignature (`cosignature`), what may stand in a policy (`policy_rules`).
Source: https://c2sp.org/tlog-policy.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from verifiers.errors import InvalidError, MalformedError, UndeterminedError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.formats.cosignature import parse_witness_key, verify_cosignature
from verifiers.formats.policy_lint import Finding, colluders, lint
from verifiers.formats.policy_rules import NONE, Draft, Group, Witness, WitnessPolicy, require

__all__ = ["Finding", "Group", "Quorum", "Witness", "WitnessPolicy", "colluders", "evaluate", "lint", "parse"]

POLICY_BYTES_MAX = 524_288
LINES_MAX = 1_024  # the specification asks for at least 32 logs, 32 witnesses and 32 groups

_FOREIGN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_WHITE = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Quorum:
    """What a policy finds on one checkpoint.

    Args:
        met: whether the quorum stands, and the log is one of the policy's.
        at: the earliest moment T such that the cosignatures with a time up to T meet the quorum; None when
            it is not met, and for "quorum none", which proves no time.
        counted: names of the witnesses whose cosignature is good.
        invalid: names of the witnesses in whose name something wrong is written; never to be ignored.
        earliest: of the cosignatures that are good; nothing under the checkpoint can be younger than it.
    """

    met: bool
    at: datetime | None
    counted: tuple[str, ...]
    invalid: tuple[str, ...]
    earliest: datetime | None = None


def parse(text: bytes | str) -> WitnessPolicy:
    """Read a policy file.

    Raises:
        MalformedError: witness_policy_malformed; witness_policy_duplicate: a name, a key, a member or the
            quorum twice; witness_policy_unknown_name: not defined on an earlier line;
            quorum_unreachable: a group asks for more members than it has. `got` is the line, "line 7".
    """
    raw = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    require(len(raw) <= POLICY_BYTES_MAX, "it is too large")
    require(raw.endswith(b"\n"), "its last line is cut off: every line ends in a newline")
    rows = raw[:-1].split(b"\n")
    require(len(rows) <= LINES_MAX, "it has too many lines")
    draft = Draft()
    lines: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        try:
            defined = _read(row, draft)
        except MalformedError as error:
            code = "witness_policy_malformed" if error.code == "vkey_malformed" else error.code
            raise MalformedError(code, f"line {number}: {error}", got=f"line {number}") from error
        if defined is not None:
            lines[defined] = number
    require(draft.quorum is not None, "it has no quorum line")
    return WitnessPolicy(
        logs=tuple(draft.logs),
        witnesses=draft.witnesses,
        groups=draft.groups,
        quorum=None if draft.quorum == NONE else draft.quorum,
        log_urls=draft.log_urls,
        lines=lines,
    )


def evaluate(
    policy: WitnessPolicy, checkpoint: Checkpoint, *, without: Collection[str] = frozenset()
) -> Quorum:
    """Return whether a checkpoint meets the policy, and since when; a bad checkpoint raises nothing.

    Args:
        without: kinds of keys that do not count, "Ed25519" or "ML-DSA-44", because they are broken by now.
    """
    times: dict[str, datetime] = {}
    invalid: list[str] = []
    for witness in policy.witnesses.values():
        if witness.key.kind in without:
            continue
        try:
            times[witness.name] = verify_cosignature(checkpoint, witness.key)
        except UndeterminedError:
            continue
        except (InvalidError, MalformedError):
            invalid.append(witness.name)
    counted, earliest = tuple(times), min(times.values(), default=None)
    # A group has witnessed at the moment of the k-th of its members; members stand on earlier lines.
    for group in policy.groups.values():
        own = sorted(times[name] for name in group.members if name in times)
        if len(own) >= group.threshold:
            times[group.name] = own[group.threshold - 1]
    at = None if policy.quorum is None else times.get(policy.quorum)
    met = (policy.quorum is None or at is not None) and _is_of_log(checkpoint, policy.logs)
    return Quorum(met, at if met else None, counted, tuple(invalid), earliest)


def _is_of_log(checkpoint: Checkpoint, logs: Sequence[VerifierKey]) -> bool:
    signed = not logs
    for log in logs:
        try:
            checkpoints.verify(checkpoint, log)
            signed = True
        except UndeterminedError:
            continue
        except InvalidError:
            return False
    return signed


def _read(row: bytes, draft: Draft) -> str | None:
    """Take one line into the draft; return the name it defines, "" for the quorum."""
    require(_FOREIGN.search(row) is None, "a control character stands in it")
    try:
        words = _WHITE.split(row.decode("utf-8").strip(" \t"))
    except UnicodeDecodeError as error:
        raise MalformedError("witness_policy_malformed", "the policy is not UTF-8") from error
    if words[0] == "" or words[0].startswith("#"):
        return None
    match words:
        case ["log", key, *url] if len(url) <= 1:
            draft.add_log(checkpoints.parse_vkey(key), *url)
            return None
        case ["witness", name, key, *url] if len(url) <= 1:
            draft.add_witness(Witness(name, parse_witness_key(key), *url))
            return name
        case ["group", name, count, *members] if members:
            draft.add_group(Group(name, _threshold(count, len(members)), tuple(members)))
            return name
        case ["quorum", name]:
            draft.set_quorum(name)
            return ""
        case _:
            raise MalformedError(
                "witness_policy_malformed", "the line is none of log, witness, group and quorum"
            )


def _threshold(text: str, members: int) -> int:
    if text in ("any", "all"):
        return 1 if text == "any" else members
    require(_COUNT.fullmatch(text) is not None, "the number of a group is not one")
    return int(text)

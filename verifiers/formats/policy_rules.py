"""A witness policy as a value: what may stand in one, however it was made, and its one canonical text.

A name stands in at most one group, so the groups are trees and every question about them is one walk.

Not here: reading and applying policies (`witness_policy`), advice about them (`policy_lint`).
Source: https://c2sp.org/tlog-policy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from verifiers.errors import MalformedError
from verifiers.formats.checkpoint import VerifierKey
from verifiers.formats.cosignature import WitnessKey

NONE = "none"
_WORD = re.compile(r"[^\x00-\x20\x7f\ud800-\udfff]+")  # lone surrogates have no UTF-8


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness under the name that this policy gives it; the name means nothing elsewhere."""

    name: str
    key: WitnessKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group has witnessed what at least `threshold` of its members have witnessed."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """A policy; a constructed one is consistent, whether or not it is wise.

    Args:
        logs: when not empty, only their checkpoints meet the policy.
        witnesses: by name.
        groups: by name, each after the groups that it contains.
        quorum: the name of a witness or group; None is "quorum none", met by every checkpoint.
        log_urls: by the text of the log's key.
        lines: where each name is defined, 1-based; the quorum line is under "".

    Raises:
        MalformedError: witness_policy_malformed, witness_policy_duplicate, witness_policy_unknown_name,
            quorum_unreachable.
    """

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str | None
    log_urls: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Take the policy in again, line by line: made by hand or read from a file, the same rules hold."""
        draft = Draft()
        for log in self.logs:
            draft.add_log(log, self.log_urls.get(log.dump()))
        for name, witness in self.witnesses.items():
            require(name == witness.name, "a witness stands under another's name")
            draft.add_witness(witness)
        for name, group in self.groups.items():
            require(name == group.name, "a group stands under another's name")
            draft.add_group(group)
        draft.set_quorum(NONE if self.quorum is None else self.quorum)
        require(draft.log_urls == self.log_urls, "a URL belongs to none of the logs")

    def dump(self) -> str:
        """Return the policy file: no comments, one space between words, numbers for "any" and "all"."""
        lines = [_line("log", log.dump(), self.log_urls.get(log.dump())) for log in self.logs]
        lines += [_line("witness", item.name, item.key.dump(), item.url) for item in self.witnesses.values()]
        lines += [
            _line("group", group.name, str(group.threshold), *group.members) for group in self.groups.values()
        ]
        return "".join([*lines, _line("quorum", NONE if self.quorum is None else self.quorum)])


class Draft:
    """A policy in the making: the rules of each line, given the lines before it."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self.log_urls: dict[str, str] = {}
        self._members: set[str] = set()
        self._log_keys: set[bytes] = set()
        self._witness_keys: set[bytes] = set()

    def add_log(self, log: VerifierKey, url: str | None = None) -> None:
        """Take a log whose key is new."""
        if log.key.raw in self._log_keys:
            raise MalformedError("witness_policy_duplicate", "the policy names the key of a log twice")
        self._log_keys.add(log.key.raw)
        self.logs.append(log)
        if url is not None:
            require(_is_word(url), "a URL is not one word")
            self.log_urls[log.dump()] = url

    def add_witness(self, witness: Witness) -> None:
        """Take a witness whose name and key are new."""
        self._check_new(witness.name)
        if witness.key.raw in self._witness_keys:
            raise MalformedError("witness_policy_duplicate", "the policy names the key of a witness twice")
        self._witness_keys.add(witness.key.raw)
        require(witness.url is None or _is_word(witness.url), "a URL is not one word")
        self.witnesses[witness.name] = witness

    def add_group(self, group: Group) -> None:
        """Take a group whose name is new and whose members are known and in no other group."""
        self._check_new(group.name)
        require(group.threshold >= 1 and group.members != (), "a group asks for nothing")
        for member in group.members:
            self._check_known(member)
            if member in self._members:
                raise MalformedError("witness_policy_duplicate", "a name is a member twice")
            self._members.add(member)
        if group.threshold > len(group.members):
            raise MalformedError("quorum_unreachable", "a group asks for more members than it has")
        self.groups[group.name] = group

    def set_quorum(self, name: str) -> None:
        """Take the one quorum."""
        if self.quorum is not None:
            raise MalformedError("witness_policy_duplicate", "the policy has two quorum lines")
        if name != NONE:
            self._check_known(name)
        self.quorum = name

    def _check_new(self, name: str) -> None:
        require(_is_word(name) and name != NONE, "a name cannot be used as one")
        if name in self.witnesses or name in self.groups:
            raise MalformedError("witness_policy_duplicate", "the policy defines a name twice")

    def _check_known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise MalformedError("witness_policy_unknown_name", "a name is not defined on an earlier line")


def require(condition: bool, what: str) -> None:
    """Refuse a policy; raises MalformedError witness_policy_malformed unless the condition holds."""
    if not condition:
        raise MalformedError("witness_policy_malformed", f"the witness policy is not well-formed: {what}")


def _is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None


def _line(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None) + "\n"

"""Asking both sides about many files, in batches small enough to keep in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.agreement.sides import Question, ask_javascript, ask_python, difference, javascript

BATCH = 100


@dataclass
class Outcome:
    """What came of it: how many files each way (as Python sees them), which codes there were, who differs."""

    verdicts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take the outcome of other files too."""
        self.verdicts += other.verdicts
        self.codes += other.codes
        self.differences += other.differences


def compare(questions: Sequence[Question], *, log: Path, keep: Path | None = None) -> Outcome:
    """Ask both verifiers about each file.

    Args:
        log: where Node's standard error goes.
        keep: folder for the files about which they differ; None keeps nothing.
    """
    outcome = Outcome()
    with javascript(log) as peer:
        for start in range(0, len(questions), BATCH):
            batch = questions[start : start + BATCH]
            for item, script in zip(batch, ask_javascript(peer, batch), strict=True):
                python = ask_python(item)
                report = python.get("report")
                outcome.verdicts["refused" if report is None else report["verdict"]] += 1
                parts = [] if report is None else [report, *report["credentials"]]
                outcome.codes.update(check["code"] for part in parts for check in part["checks"])
                outcome.codes.update([python["refused"]] if report is None else [])
                found = difference(python, script)
                if found is not None:
                    outcome.differences.append(f"{item.name}: {found}")
                    if keep is not None:
                        (keep / f"{log.stem}-{item.name.split()[0]}.bin").write_bytes(item.data)
    return outcome

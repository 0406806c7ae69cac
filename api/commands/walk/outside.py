"""The verifier's own command line, run as an outsider would: another process, files, no server."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from schemas.report import CheckModel, ReportModel

SECONDS_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How `python -m verifiers` ended; `report` is None for a file that is no such thing."""

    exit_status: int
    report: ReportModel | None

    def checks(self) -> list[CheckModel]:
        """Return the file's checks and those of its credentials."""
        if self.report is None:
            return []
        return [*self.report.checks, *(check for item in self.report.credentials for check in item.checks)]

    def codes(self, verdict: str) -> set[str]:
        """Return the codes of the required checks that had this verdict."""
        return {check.code for check in self.checks() if check.required and check.verdict == verdict}


def verify_file(file: Path, *, policy: Path | None = None, receipt: Path | None = None) -> Outcome:
    """Verify a file offline."""
    command = [sys.executable, "-m", "verifiers", str(file), "--json"]
    command += [] if policy is None else ["--policy", str(policy)]
    command += [] if receipt is None else ["--receipt", str(receipt)]
    done = subprocess.run(  # noqa: S603  our own command, no shell
        command, capture_output=True, check=False, timeout=SECONDS_MAX
    )
    try:
        report = ReportModel.model_validate_json(done.stdout)
    except ValidationError:
        report = None
    return Outcome(done.returncode, report)

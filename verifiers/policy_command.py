"""The command `python -m verifiers policy FILE`: what is wrong or unwise about a witness policy.

Exit status: 0 no error found, 1 malformed or an error found, 64 used wrongly.
"""

from __future__ import annotations

import sys
from pathlib import Path

from verifiers.errors import MalformedError
from verifiers.formats import witness_policy
from verifiers.formats.witness_policy import POLICY_BYTES_MAX

EXIT_FOUND, EXIT_USAGE = 1, 64


def run(path: Path) -> int:
    """Print one line for each finding and a summary; return the exit status."""
    try:
        with path.open("rb") as file:
            data = file.read(POLICY_BYTES_MAX + 1)
    except OSError as error:
        sys.stderr.write(f"verifiers: {error}\n")
        return EXIT_USAGE
    try:
        policy = witness_policy.parse(data)
    except MalformedError as error:
        sys.stdout.write(f"error    {error} [{error.code}]\n")
        return EXIT_FOUND
    findings = witness_policy.lint(policy)
    for finding in findings:
        where = "" if finding.line is None else f"line {finding.line}: "
        sys.stdout.write(f"{finding.severity:<8} {where}{finding.message} [{finding.code}]\n")
    sys.stdout.write(_summary(policy))
    return EXIT_FOUND if any(finding.severity == "error" for finding in findings) else 0


def _summary(policy: witness_policy.WitnessPolicy) -> str:
    liars = witness_policy.colluders(policy)
    return (
        f"logs {len(policy.logs)}, witnesses {len(policy.witnesses)}, groups {len(policy.groups)}; "
        f"parties that must lie for two histories: {liars}\n"
    )

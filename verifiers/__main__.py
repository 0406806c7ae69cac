"""The command line: `python -m verifiers FILE`. Offline; without a policy nobody is trusted.

Exit status: 0 valid, 1 invalid or malformed, 2 undetermined, 64 used wrongly. `python -m verifiers policy FILE`
reads a witness policy instead, see `policy_command`.
The work is done in a process that is killed when its time is up, because FILE is a stranger's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import verifiers
from verifiers import evidence as evidences
from verifiers import policy_command
from verifiers.errors import InvalidError, MalformedError, VerifierError
from verifiers.evidence import Evidence
from verifiers.formats.bundle_html import HTML_BYTES_MAX
from verifiers.policy import TrustPolicy
from verifiers.primitives.encoding import format_time, parse_time
from verifiers.primitives.strict_json import loads_object
from verifiers.report import Check, CredentialReport, Report
from verifiers.worker import Pool

EXIT = {"valid": 0, "invalid": 1, "undetermined": 2}
EXIT_USAGE = 64  # EX_USAGE of sysexits.h
SECONDS_DEFAULT = 30.0
_SOURCES = {
    "witnesses": "quorum of witnesses",
    "operator": "operator of the log",
    "log": "log alone",
    None: "",
}
_WORDS = {"valid": "VALID", "invalid": "INVALID", "undetermined": "NOT DETERMINED"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"verifiers: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify one file and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) == 2 and arguments[0] == "policy" and not arguments[1].startswith("-"):
        return policy_command.run(Path(arguments[1]))
    options = _parser().parse_args(arguments)
    try:
        policy = TrustPolicy.from_json(_read(options.policy)) if options.policy else None
        evidence = _evidence(options.evidence) if options.evidence else None
        receipt = _read(options.receipt).decode("utf-8") if options.receipt else None
        at = parse_time(options.at) if options.at else datetime.now(UTC)
        data = _read(options.file)
    except (OSError, UnicodeDecodeError, VerifierError) as error:
        sys.stderr.write(f"verifiers: {error}\n")
        return EXIT_USAGE
    pool = Pool(1)
    try:
        report = pool.run(
            verifiers.check,
            data,
            policy=policy,
            at=at,
            evidence=evidence,
            receipt=receipt,
            seconds_max=options.seconds,
        )
    except ValueError as error:  # a receipt beside a bundle
        sys.stderr.write(f"verifiers: {error}\n")
        return EXIT_USAGE
    except VerifierError as error:
        return _tell_error(error, as_json=options.json)
    finally:
        pool.close()
    sys.stdout.write(report.to_json() + "\n" if options.json else _text(report))
    return EXIT[report.verdict]


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m verifiers",
        description="Verify a credential, a VC-JWT or a bundle, offline.",
        epilog="With the word policy before FILE: say what is unwise about a witness policy (C2SP tlog-policy).",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to verify")
    parser.add_argument("--policy", metavar="FILE", type=Path, help="whom to trust; without it, nobody")
    parser.add_argument(
        "--at", metavar="TIME", help="the moment to judge for, 2026-11-24T10:00:00Z; now if left out"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--evidence", metavar="PATH", type=Path, help="what you gathered: a file, or a folder of them"
    )
    parser.add_argument("--receipt", metavar="FILE", type=Path, help="the receipt of a single credential")
    parser.add_argument(
        "--seconds", metavar="N", type=_seconds, default=SECONDS_DEFAULT, help="give up after N seconds (30)"
    )
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3_600:
        raise ValueError(text)
    return value


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        # One byte more than anything we accept, so that an endless file ends here.
        return file.read(max(HTML_BYTES_MAX, evidences.EVIDENCE_BYTES_MAX) + 1)


def _evidence(path: Path) -> Evidence:
    """Read an evidence file, or a folder of evidence files, DID documents and status lists (*.json)."""
    if not path.is_dir():
        return evidences.parse(_read(path))
    parts = [_part(file, _read(file)) for file in sorted(path.glob("*.json"))]
    return Evidence(
        did_documents={did: data for part in parts for did, data in part.did_documents.items()},
        status_lists={url: data for part in parts for url, data in part.status_lists.items()},
        receipts=tuple(pair for part in parts for pair in part.receipts),
        key_events=tuple(pair for part in parts for pair in part.key_events),
        status_events=tuple(pair for part in parts for pair in part.status_events),
    )


def _part(path: Path, data: bytes) -> Evidence:
    document = loads_object(data, bytes_max=evidences.EVIDENCE_BYTES_MAX, nodes_max=200_000)
    identifier, types = document.get("id"), document.get("type")
    if types == evidences.TYPE:
        return evidences.parse(data)
    if isinstance(identifier, str) and isinstance(types, list) and "BitstringStatusListCredential" in types:
        return Evidence(status_lists={identifier: data})
    if isinstance(identifier, str) and "verificationMethod" in document:
        return Evidence(did_documents={identifier: data})
    raise MalformedError(
        "evidence_malformed", f"{path.name} is no evidence: neither DID document nor status list"
    )


def _tell_error(error: VerifierError, *, as_json: bool) -> int:
    verdict = "invalid" if isinstance(error, InvalidError | MalformedError) else "undetermined"
    if as_json:
        check = Check.of_error("format", error)
        sys.stdout.write(check.to_model().model_dump_json() + "\n")
    else:
        sys.stdout.write(f"{_WORDS[verdict]}  format: {error} [{error.code}]\n")
    return EXIT[verdict]


def _text(report: Report) -> str:
    lines = [f"{_WORDS[report.verdict]}  ({report.format}, judged for {format_time(report.at)})"]
    lines += [_line(check) for check in report.checks]
    for number, credential in enumerate(report.credentials, start=1):
        lines += ["", f"credential {number}: {_WORDS[credential.verdict]}", *_read_out(credential)]
        lines += [_line(check) for check in credential.checks]
    return "\n".join(lines) + "\n"


def _read_out(credential: CredentialReport) -> list[str]:
    pairs = {
        "name": credential.name,
        "issuer": credential.issuer_name,
        "issuer id": credential.issuer_id,
        "awarded": credential.awarded and format_time(credential.awarded),
        "valid from": credential.valid_from and format_time(credential.valid_from),
        "valid until": credential.valid_until and format_time(credential.valid_until),
        "recorded at": credential.recorded_at and format_time(credential.recorded_at),
        "logged at": credential.logged_at
        and f"{format_time(credential.logged_at)} (says the {_SOURCES[credential.time_source]})",
    }
    # Strangers' text goes to a terminal: only what can be printed.
    return [f"  {name}: {_printable(value)}" for name, value in pairs.items() if value]


def _line(check: Check) -> str:
    aside = "" if check.required else " (does not decide)"
    return f"  {_WORDS[check.verdict]:<14}  {check.name}: {check.message} [{check.code}]{aside}"


def _printable(text: str) -> str:
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


if __name__ == "__main__":
    sys.exit(main())

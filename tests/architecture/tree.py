"""Where the house's files are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("api", "ledger", "verifiers", "schemas")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files of some folders, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def place(path: Path) -> str:
    """Return how the house calls a file."""
    return path.relative_to(ROOT).as_posix()

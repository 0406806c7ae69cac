"""Counting what the walk checks: each check is one plain sentence, shown with a mark and a word, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


class WalkError(Exception):
    """A step could not be taken, so those after it make no sense; the text says which and why."""


@dataclass(slots=True)
class Tally:
    """What has been checked so far.

    Args:
        console: where the walk is told.
    """

    console: Console
    passed: int = 0
    failed: list[str] = field(default_factory=list)

    def step(self, title: str) -> None:
        """Begin a step of the walk."""
        self.console.print(f"\n[bold]{escape(title)}[/bold]")

    def note(self, text: str) -> None:
        """Tell something that is not checked."""
        self.console.print(f"    [dim]{escape(text)}[/dim]", soft_wrap=True)

    def check(self, sentence: str, holds: bool, *, seen: object = None) -> None:
        """Count one check.

        Args:
            sentence: what should be so.
            seen: shown when it is not so.
        """
        if holds:
            self.passed += 1
            self.console.print(f"  [green]✓[/green] {escape(sentence)}", soft_wrap=True)
            return
        self.failed.append(sentence)
        told = "" if seen is None else f" (seen: {seen})"
        self.console.print(f"  [red]✗ FAILED:[/red] {escape(sentence + told)}", soft_wrap=True)

    def summary(self) -> str:
        """Return the line the walk ends with."""
        if self.failed:
            return f"demo: {len(self.failed)} of {self.passed + len(self.failed)} checks FAILED"
        return f"demo: {self.passed} checks passed"

"""The `leerspoor` command line: one module a command. What a command does lives on the floors below.

Commands may print, exit and read the environment; nothing else of ours does. A command's module is imported
when the command is asked for: whoever runs a witness does not wait for the ledger's pages.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

# A command that hands everything on to the verifiers' own command line, its --help included.
_PASS_ON: dict[str, Any] = {
    "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
    "add_help_option": False,
}
COMMANDS: dict[str, dict[str, Any]] = {
    "init": {},
    "serve": {},
    "verify": _PASS_ON,
    "audit": {},
    "policy": _PASS_ON,
    "witness": {},
    "mirror": {},
    "monitor": {},
    "export": {},
    "recheck": {},
    "erase": {},
    "retention": {},
    "rotate-keys": {},
    "demo": {},
}
"""The commands in the order of the help; each is a function of its name in a module of its name."""


class _Commands(TyperGroup):
    """The commands, each made when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        function = getattr(import_module(f"{__name__}.{name}"), name)
        alone = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
        alone.command(cmd_name, **COMMANDS[cmd_name])(function)
        return typer.main.get_command(alone)


application = typer.Typer(
    name="leerspoor",
    cls=_Commands,
    help="A ledger of lifelong-learning credentials: signed together, verifiable offline, owned by the learner.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, and those hold secrets
)


@application.callback()
def _leerspoor() -> None:
    """Take no options of its own."""


def main() -> None:
    """Run the command line."""
    application()

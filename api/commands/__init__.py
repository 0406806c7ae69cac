"""The `leerspoor` command line: one module a command. What a command does lives on the floors below.

Commands may print, exit and read the environment; nothing else of ours does.
"""

from __future__ import annotations

import typer

from api.commands import (
    audit,
    demo,
    erase,
    export,
    init,
    mirror,
    monitor,
    policy,
    recheck,
    retention,
    rotate_keys,
    serve,
    verify,
    witness,
)

application = typer.Typer(
    name="leerspoor",
    help="A ledger of lifelong-learning credentials: signed together, verifiable offline, owned by the learner.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, and those hold secrets
)
application.command("init")(init.init)
application.command("serve")(serve.serve)
application.command("verify", context_settings=verify.PASS_ON, add_help_option=False)(verify.verify)
application.command("audit")(audit.audit)
application.command("policy", context_settings=policy.PASS_ON, add_help_option=False)(policy.policy)
application.command("witness")(witness.witness)
application.command("mirror")(mirror.mirror)
application.command("monitor")(monitor.monitor)
application.command("export")(export.export)
application.command("recheck")(recheck.recheck)
application.command("erase")(erase.erase)
application.command("retention")(retention.retention)
application.command("rotate-keys")(rotate_keys.rotate_keys)
application.command("demo")(demo.demo)


def main() -> None:
    """Run the command line."""
    application()

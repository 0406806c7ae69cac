"""Two witnesses in processes of their own, as a municipality and a university would run them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from api.commands.walk.server import COMMAND, HOST, free_port, settings, wait_until_answered
from api.commands.walk.tally import WalkError

NAMES = ("witness.gemeente.example", "witness.universiteit.example")
SECONDS_MAX = 60.0


class Witnesses:
    """The witnesses of one log, and the policy that asks for both of them.

    Args:
        folder: for what they remember; each has its own.
        data_dir: of the ledger; its log key is made when it is not there yet.
        base_url: of the ledger.
    """

    def __init__(self, folder: Path, *, data_dir: Path, base_url: str) -> None:
        self.policy = folder / "witness-policy.txt"
        self._processes: list[subprocess.Popen[bytes]] = []
        folder.mkdir(parents=True, exist_ok=True)
        environment = settings(data_dir, base_url)
        told = _output(["init"], environment).split("\n")
        key = next(line.split()[-1] for line in told if line.startswith("log key"))
        lines, groups = [f"log {key}"], []
        for name in NAMES:
            own = ["witness", "--name", name, "--state", str(folder / name)]
            port = free_port(0)
            keys = _output([*own, "--show-keys"], environment).rstrip("\n").split("\n")
            url = f"http://{HOST}:{port}"
            lines += [f"{line} {url}" for line in keys]
            lines.append(f"group {name} all {' '.join(line.split()[1] for line in keys)}")
            groups.append(name)
            with (folder / f"{name}.log").open("ab") as log:
                process = subprocess.Popen(  # noqa: S603  our own command, no shell
                    [*COMMAND, *own, "--log", key, "--port", str(port)],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self._processes.append(process)
            wait_until_answered(url, process, folder / f"{name}.log")
        lines += [f"group everybody all {' '.join(groups)}", "quorum everybody", ""]
        self.policy.write_text("\n".join(lines), encoding="utf-8")

    def stop(self) -> None:
        """End them."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(SECONDS_MAX)


def _output(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603  our own command, no shell
        [*COMMAND, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    if done.returncode != 0:
        raise WalkError(f"leerspoor {arguments[0]}: {done.stderr.strip()}")
    return done.stdout

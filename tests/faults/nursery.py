"""Starts servers quickly: loads the modules once, then forks a process for each server that is asked for.

    python -m tests.faults.nursery serve --port N

Each line on standard input asks for one; its process id is answered, and its exit status once it has ended.
The forked process runs the command as the console script does. Nothing has run in it before but imports,
and importing has no effects in this house.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve until standard input ends."""
    from api.commands import main as command

    for _ in sys.stdin.buffer:
        process = os.fork()
        if process == 0:
            os.close(0)
            os.open(os.devnull, os.O_RDONLY)
            os.dup2(2, 1)  # standard output is for answers
            command()
            os._exit(0)
        _answer(process)
        _answer(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

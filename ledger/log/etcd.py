"""The second place in etcd: one key, compared and swapped by the cluster, by its JSON gateway.

Reads are linearizable: what a majority acknowledged is what everybody sees. An answer that is lost leaves
the swap done or not done; `load` tells, and whoever asked before asks again.

Not here: what is kept (`ledger.log.heads`). Source: etcd API reference v3, "KV": Range and Txn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ledger.errors import UnavailableError
from ledger.outbound.http import Http
from verifiers.errors import VerifierError
from verifiers.formats.checkpoint import CHECKPOINT_BYTES_MAX, Checkpoint
from verifiers.primitives import jcs
from verifiers.primitives.encoding import b64_decode, b64_encode
from verifiers.primitives.strict_json import loads_object

ANSWER_BYTES_MAX = 2 * CHECKPOINT_BYTES_MAX
SCHEMES = {"etcd": "http", "etcds": "https"}


class EtcdPlace:
    """A note under one key of etcd (`SecondPlace`).

    Args:
        endpoints: members of the cluster, "http://host:port" each; asked in this order until one answers.
        key: the log's own.
        http: with a deadline that a request can wait for.
    """

    def __init__(self, endpoints: Sequence[str], key: str, http: Http) -> None:
        self._endpoints = tuple(endpoints)
        self._key = b64_encode(key.encode())
        self._http = http

    def load(self) -> str | None:
        """Return the note, None when there never was one."""
        found = self._ask("range", {"key": self._key}).get("kvs")
        if found is None:
            return None
        try:
            return b64_decode(found[0]["value"]).decode()
        except (LookupError, TypeError, ValueError, AttributeError, VerifierError) as error:
            raise _unavailable("etcd answered something else than a value") from error

    def swap(self, expected: str | None, new: Checkpoint) -> bool:
        """Put a new note in place of the expected one; False, and nothing done, when another is there."""
        compare = {"key": self._key, "result": "EQUAL"} | (
            {"target": "CREATE", "create_revision": "0"}
            if expected is None
            else {"target": "VALUE", "value": b64_encode(expected.encode())}
        )
        put = {"request_put": {"key": self._key, "value": b64_encode(new.dump().encode())}}
        return self._ask("txn", {"compare": [compare], "success": [put]}).get("succeeded") is True

    def _ask(self, what: str, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of the first member that gives one."""
        body, last = jcs.canonicalise(question), _unavailable("no member of etcd is named")
        for endpoint in self._endpoints:
            try:
                answer = self._http.post(f"{endpoint}/v3/kv/{what}", body, bytes_max=ANSWER_BYTES_MAX)
                if answer.status == 200:
                    return loads_object(answer.body, bytes_max=ANSWER_BYTES_MAX)
                last = _unavailable(f"etcd answered with status {answer.status}")
            except UnavailableError as error:
                last = _unavailable(f"etcd did not answer: {error}")
            except VerifierError:
                last = _unavailable("etcd answered something else than JSON")
        raise last


def parse_address(address: str) -> tuple[list[str], str]:
    """Return endpoints and key of an address.

    Args:
        address: "etcd://host:port[,host:port...]/key", or etcds:// for TLS.

    Raises:
        UnavailableError: second_place_address.
    """
    parts = urlsplit(address)
    members, key = parts.netloc.split(","), parts.path.removeprefix("/")
    scheme = SCHEMES.get(parts.scheme)
    if scheme is None or not all(members) or not key or "@" in parts.netloc or parts.query or parts.fragment:
        raise UnavailableError(
            "second_place_address",
            "the address of the second place is none",
            expected="file:///path or etcd://host:port/key",
        )
    return [f"{scheme}://{member}" for member in members], key


def _unavailable(what: str) -> UnavailableError:
    return UnavailableError("second_place_unavailable", what)

"""M8, TrustAsia (2026): a gateway cached proofs and left the question out of the key, so wrong proofs were served.

Here what may be cached has no question: a path names one content for ever, and only the checkpoint moves. Whatever
is asked with parameters may not be cached at all.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import httpx

from api.app import create_app
from ledger.domain.credential import Credential
from tests.api.client import client_of
from tests.incidents.place import Place, populate
from tests.ledger.usecases.world import Party, World
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.tile import decode_entries, tiles_of
from verifiers.primitives import merkle

Get = Callable[[str], httpx.Response]


class BadGateway:
    """Caches by the path alone, as long as the answer says it may; what moves it asks for anew."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._kept: dict[str, httpx.Response] = {}

    def get(self, address: str) -> httpx.Response:
        """Return an answer, perhaps an old one to another question."""
        path = address.partition("?")[0]
        if path not in self._kept:
            answer = self._http.get(address, headers={"host": "127.0.0.1:8000"})
            if "immutable" not in answer.headers["cache-control"]:
                return answer
            self._kept[path] = answer
        return self._kept[path]


def test_a_follower_behind_a_bad_gateway_gets_the_tree_that_was_signed(place: Place) -> None:
    with place.running() as world, client_of(create_app(world.ledger)) as http:
        gateway = BadGateway(http)
        roc, ada = populate(world, credentials=0)
        looked_at = world.issue(roc, ada).id
        for count in (1, 250, 3):
            _look(world, roc, looked_at, count)
            world.ledger.publisher.publish()
            checkpoint = checkpoints.parse(gateway.get("/log/checkpoint").content)
            checkpoints.verify(checkpoint, world.ledger.heads.verifier_key)
            assert _root(gateway.get, checkpoint.size) == checkpoint.root


def _look(world: World, by: Party, credential: UUID, times: int) -> None:
    """Record that many events at once."""
    found, ledger = world.ledger.load(Credential, credential), world.ledger
    for _ in range(times):
        found.read(
            event_id=ledger.chance.uuid(), now=ledger.now(), organisation=by.id, scope="attestations:read"
        )
    ledger.record(found)


def _root(get: Get, size: int) -> bytes:
    """Return the root over the bundles of entries, fetched by their paths."""
    leaves = []
    for path in tiles_of(size):
        if path.level == "entries":
            content = get(f"/log/{path.dump()}").raise_for_status().content
            leaves += [merkle.leaf_hash(entry) for entry in decode_entries(content, path.width)]
    return merkle.Frontier.EMPTY.extend(leaves).root()


def test_nothing_with_a_question_may_be_cached(place: Place) -> None:
    with place.running() as world, client_of(create_app(world.ledger)) as http:
        populate(world)
        paths = http.get("/v1/openapi.json", headers={"host": "127.0.0.1:8000"}).json()["paths"]
        asked = 0
        for path, operations in paths.items():
            operation = operations.get("get", {})
            questions = [found for found in operation.get("parameters", ()) if found["in"] == "query"]
            if not questions:
                continue
            asked += 1
            assert not path.startswith("/log/")
            address = path.replace("{", "").replace("}", "")
            answer = http.get(f"{address}?start=0&end=1", headers={"host": "127.0.0.1:8000"})
            assert answer.headers["cache-control"] == "no-store", path
        assert asked >= 3

"""The published log over HTTP: static paths, for ever or for a second, and nothing that is not published."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import pytest

from tests.api.world import World
from tests.verifiers.formats.test_tile import MALFORMED
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.cosignature import verify_cosignature


@pytest.fixture(scope="module")
def published(shared_world: World) -> World:
    """A world with some events, published."""
    school = shared_world.organisation()
    learner = shared_world.learner(school)
    for _ in range(3):
        shared_world.issue(school, learner)
    shared_world.ledger.publisher.publish()
    return shared_world


def test_a_server_that_just_started_has_a_checkpoint(own_world: World) -> None:
    answer = own_world.get("/log/checkpoint")
    assert answer.status_code == 200
    assert checkpoints.parse(answer.content).size == 0


def test_the_checkpoint_is_signed_cosigned_and_fresh(published: World) -> None:
    answer = published.get("/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=1"
    checkpoint = checkpoints.parse(answer.content)
    checkpoints.verify(checkpoint, checkpoints.parse_vkey(published.get("/v1/log/key").text))
    assert checkpoint.size == published.ledger.store.head().size
    for key in published.ledger.policy().operator_cosigners:
        assert verify_cosignature(checkpoint, key) == published.clock.now


def test_entries_and_hashes_lead_to_the_checkpoint(published: World) -> None:
    checkpoint = checkpoints.parse(published.get("/log/checkpoint").content)
    size = checkpoint.size
    bundle = published.get(f"/log/tile/entries/000.p/{size}")
    tile = published.get(f"/log/tile/0/000.p/{size}")
    for answer in (bundle, tile):
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["access-control-allow-origin"] == "*"
    entries = [bundle.content[at + 2 : at + 34] for at in range(0, len(bundle.content), 34)]
    leaves = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
    assert b"".join(leaves) == tile.content
    assert len(leaves) == size

    def root(hashes: list[bytes]) -> bytes:
        if len(hashes) == 1:
            return hashes[0]
        k = 1 << (len(hashes) - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + root(hashes[:k]) + root(hashes[k:])).digest()

    assert root(leaves) == checkpoint.root


def test_a_smaller_part_stays_there(published: World) -> None:
    """Every size that ever had a checkpoint keeps its tiles."""
    one, two = (published.get(f"/log/tile/0/000.p/{width}").content for width in (1, 2))
    assert two[:32] == one


def test_only_whole_paths_may_be_cached(published: World) -> None:
    """TrustAsia, 2026: a cache ignored query parameters, and answered one question with another's proof."""
    for path in ("/v1/log/entries?start=0&end=1", "/v1/log/proof/0", "/v1/log/checkpoint", "/v1/log/policy"):
        assert published.get(path).headers["cache-control"] == "no-store", path
    plain = published.get("/log/tile/0/000.p/2")
    assert published.get("/log/tile/0/000.p/2?width=1&start=7").content == plain.content


@pytest.mark.parametrize("path", ["0/000", "0/000.p/255", "1/000.p/1", "0/001.p/1", "entries/000", "63/000"])
def test_what_is_not_published_is_not_there(published: World, path: str) -> None:
    answer = published.get(f"/log/tile/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "tile_not_published")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


def test_what_is_committed_and_not_published_is_not_there(own_world: World) -> None:
    own_world.organisation()
    assert own_world.get("/log/tile/entries/000.p/1").json()["code"] == "tile_not_published"
    assert checkpoints.parse(own_world.get("/log/checkpoint").content).size == 0
    own_world.ledger.publisher.publish()
    assert own_world.get("/log/tile/entries/000.p/1").status_code == 200


@pytest.mark.parametrize(
    "path",
    [path for path in MALFORMED if path.startswith("tile/") and path.isascii() and path.isprintable()],
    ids=lambda path: path[:40],
)
def test_another_spelling_is_no_path(published: World, path: str) -> None:
    answer = published.get("/log/" + quote(path).replace("..", "%2E%2E"))
    assert (answer.status_code, answer.json()["code"]) == (404, "tile_path_malformed")


def test_a_receipt_gains_the_cosignatures_of_the_published_checkpoint(own_world: World) -> None:
    school = own_world.organisation()
    issued = own_world.issue(school, own_world.learner(school))
    first = issued["receipt"]
    own_world.clock.pass_by(seconds=1)
    own_world.ledger.publisher.publish()
    position = int(first.split("\nindex ")[1].split("\n")[0])
    own_world.clock.pass_by(hours=2)
    own_world.organisation("Another")
    own_world.ledger.publisher.publish()
    event = own_world.ledger.store.at_position(position)
    later = own_world.ledger.receipt(event)
    note = checkpoints.parse(later.partition("\n\n")[2])
    ed25519, ml_dsa = own_world.ledger.policy().operator_cosigners
    assert verify_cosignature(note, ml_dsa) < own_world.clock.now
    assert note.size == position + 1
    # The fresh one had the operator's stamp already.
    assert verify_cosignature(checkpoints.parse(first.partition("\n\n")[2]), ed25519)

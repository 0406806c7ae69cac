"""The checker of the kill campaign is checked itself: it must find each fault that it is there to find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest

from tests.api.world import Party, World, done, example, world
from tests.faults.acks import Ack, Acks, count, read
from tests.faults.checker import Finding, check


@dataclass(frozen=True)
class Scene:
    """A ledger with three acknowledged attestations."""

    world: World
    roc: Party
    learner: Party
    acks: list[Ack]

    def issue(self, marker: str) -> Ack:
        """Issue an attestation that carries a marker, and return what was told."""
        body = {
            "learner": self.learner.id,
            "attestation": {**example("training"), "title": f"Training {marker}"},
        }
        told = done(self.world.post("/v1/attestations", body, token=self.roc.token), 201)
        return Ack(marker, told["id"], told["position"], told["credential"], told["receipt"], 1)

    def check(self, acks: list[Ack]) -> Finding:
        """Run the checker."""
        return check(self.world.ledger, UUID(self.roc.id), acks)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A world that is not killed."""
    with world(tmp_path_factory.mktemp("checker")) as found:
        roc = found.organisation()
        scene = Scene(found, roc, found.learner(roc), [])
        scene.acks.extend(scene.issue(f"marker-0-{number}-end") for number in range(3))
        yield scene


def test_a_sound_history_is_found_sound(scene: Scene) -> None:
    assert scene.check(scene.acks) == Finding(3, 3, 0, ())
    assert scene.check(scene.acks[:2]) == Finding(2, 3, 1, ())


def test_each_fault_is_found(scene: Scene) -> None:
    first, second, _ = scene.acks
    absent = replace(first, marker="marker-9-9-end")
    faults = {
        "is not there": absent,
        "not where": replace(first, position=second.position),
        "not what was told": replace(first, credential=first.credential + " "),
        "does not verify": replace(first, receipt=second.receipt),
        "does not verify: ": replace(first, receipt=first.receipt[:-10]),
        "another position": replace(first, position=first.position + 1),
    }
    for sentence, ack in faults.items():
        wrong = scene.check([ack]).wrong
        assert any(sentence in fault for fault in wrong), (sentence, wrong)


def test_what_is_there_twice_is_found(tmp_path: Path) -> None:
    with world(tmp_path) as found:
        roc = found.organisation()
        scene = Scene(found, roc, found.learner(roc), [])
        acks = [scene.issue("marker-1-1-end"), scene.issue("marker-1-1-end")]
        assert "marker-1-1-end is there 2 times" in scene.check(acks).wrong


def test_an_acknowledgement_counts_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "acks"
    assert (read(path), count(path)) == ([], 0)
    ack = Ack("marker-0-0-end", "id", 7, "text\n", "receipt\n", 2)
    Acks(path).add(ack)
    Acks(path).add(ack)
    with path.open("ab") as file:
        file.write(b'{"marker": "cut o')
    assert (read(path), count(path)) == ([ack, ack], 2)

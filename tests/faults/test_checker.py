"""The checker of the kill campaign is checked itself: it must find each fault that it is there to find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest

from tests.api.world import Party, World, done, example, world
from tests.faults.acks import Ack, Acks, Fail, Invoke, Step, acknowledged, count, history
from tests.faults.checker import Finding, check
from tests.faults.kill import replayed
from verifiers.formats import checkpoint as checkpoints


@dataclass(frozen=True)
class Scene:
    """A ledger with three acknowledged attestations."""

    world: World
    roc: Party
    learner: Party
    acks: list[Ack]

    def issue(self, marker: str, *, key: str | None = None) -> Ack:
        """Issue an attestation that carries a marker, and return what was told."""
        body = {
            "learner": self.learner.id,
            "attestation": {**example("training"), "title": f"Training {marker}"},
        }
        told = done(self.world.post("/v1/attestations", body, token=self.roc.token, key=key), 201)
        return Ack(marker, told["id"], told["position"], told["credential"], told["receipt"], 1)

    def check(self, acks: Sequence[Ack], *more: Step, seen: Sequence[str] = ()) -> Finding:
        """Run the checker: all were sent, and these acknowledged."""
        sent = [Invoke(marker) for marker in {ack.marker for ack in [*self.acks, *acks]}]
        return check(self.world.ledger, UUID(self.roc.id), [*sent, *acks, *more], seen=seen)


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


def test_what_was_refused_or_never_sent_must_not_be_there(scene: Scene) -> None:
    first, *_ = scene.acks
    assert f"{first.marker} was refused and is there" in scene.check(scene.acks, Fail(first.marker)).wrong
    never = check(scene.world.ledger, UUID(scene.roc.id), [Invoke(ack.marker) for ack in scene.acks[1:]])
    assert never.wrong == (f"{first.marker} was never sent and is there",)


def test_real_time_is_kept(scene: Scene) -> None:
    first, second, third = scene.acks
    swapped: list[Step] = [
        Invoke(second.marker),
        second,
        Invoke(first.marker),
        first,
        Invoke(third.marker),
        third,
    ]
    wrong = check(scene.world.ledger, UUID(scene.roc.id), swapped).wrong
    assert wrong == (f"{first.marker} stands before what was acknowledged before it was sent",)


def test_a_head_of_another_history_is_found(scene: Scene) -> None:
    ledger = scene.world.ledger
    shown = ledger.heads.latest()
    assert scene.check(scene.acks, seen=[shown.dump()]).wrong == ()
    other = checkpoints.sign(
        origin=shown.origin, size=3, root=bytes(32), key=ledger.heads.verifier_key, signer=ledger.log_key.sign
    )
    assert scene.check(scene.acks, seen=[other.dump()]).wrong == (
        "a head of size 3 that was shown is no prefix of the log",
    )


def test_a_request_that_is_sent_again_and_answered_otherwise_is_found(tmp_path: Path) -> None:
    with world(tmp_path) as found:
        roc = found.organisation()
        scene = Scene(found, roc, found.learner(roc), [])
        sent = scene.issue("marker-5-0-end", key="marker-5-0-end")

        def again(ack: Ack) -> list[str]:
            return replayed(found.http, roc.token, scene.learner.id, [ack])

        assert again(sent) == []
        assert again(replace(sent, position=0)) == ["marker-5-0-end was sent again and got 201"]
        added = again(replace(sent, marker="marker-5-1-end"))
        assert added[-1] == "requests that were sent again added something"


def test_what_is_there_twice_is_found(tmp_path: Path) -> None:
    with world(tmp_path) as found:
        roc = found.organisation()
        scene = Scene(found, roc, found.learner(roc), [])
        acks = [scene.issue("marker-1-1-end"), scene.issue("marker-1-1-end")]
        assert "marker-1-1-end is there 2 times" in scene.check(acks).wrong


def test_an_acknowledgement_counts_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "acks"
    assert (history(path), count(path)) == ([], 0)
    ack = Ack("marker-0-0-end", "id", 7, "text\n", "receipt\n", 2)
    for step in (Invoke(ack.marker), ack, Fail("marker-0-1-end"), ack):
        Acks(path).add(step)
    with path.open("ab") as file:
        file.write(b'{"marker": "cut o')
    assert history(path) == [Invoke(ack.marker), ack, Fail("marker-0-1-end"), ack]
    assert (acknowledged(history(path)), count(path)) == ([ack, ack], 2)

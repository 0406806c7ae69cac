"""M11, IdenTrust and sixteen more (2025): certificates came with promises of logs that clients did not trust yet.

Here who issues and who verifies read one policy: what a ledger hands out is valid under the policy that it publishes.
Another log counts from the moment at which it stands there, and that it stands there is itself an event of the log.
"""

from __future__ import annotations

from pathlib import Path

from ledger.usecases.history import history_bundle
from ledger.usecases.registry import ChangeAnchor, add_anchor, registry_events
from tests.incidents.place import Place, populate
from verifiers import TrustPolicy, check


def test_what_is_handed_out_is_valid_under_the_policy_that_is_published(place: Place) -> None:
    with place.running() as world:
        _, ada = populate(world, credentials=1)
        world.ledger.publisher.publish()
        bundle = history_bundle(world.ledger, ada.actor, ada.id)
        published = TrustPolicy.from_json(world.ledger.policy().dump())
        assert check(bundle, policy=published, at=world.clock()).verdict == "valid"


def test_a_log_counts_from_when_the_policy_names_it(place: Place, tmp_path: Path) -> None:
    sister = Place(tmp_path / "sister", place.pool)
    with sister.running(base_url="http://127.0.0.2:8000") as world:
        _, ada = populate(world, credentials=1)
        world.ledger.publisher.publish()
        bundle = history_bundle(world.ledger, ada.actor, ada.id)
        key = world.ledger.heads.verifier_key.dump()
    place.clock.moment = sister.clock.moment
    with place.running() as world:

        def judged(policy: TrustPolicy) -> tuple[str, set[str]]:
            report = check(bundle, policy=policy, at=world.clock())
            return report.verdict, {found.code for found in report.all_checks()}

        before = world.ledger.policy()
        verdict, codes = judged(before)
        assert verdict == "undetermined"
        assert "log_not_trusted" in codes
        add_anchor(world.ledger, world.operator, ChangeAnchor("log", key, "the sister ledger"))
        assert judged(world.ledger.policy())[0] == "valid"
        assert judged(before)[0] == "undetermined"
        recorded = registry_events(world.ledger)[-1]
        assert recorded.type == "trust-anchor-added.v1"
        world.require_receipt(recorded.receipt, recorded.payload.encode(), recorded.position)

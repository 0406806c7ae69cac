"""The Python package and verifier.js say the same of damaged files, and the comparison itself can fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.agreement.damage import questions
from tests.agreement.files import SOUTH, STARTS, Scene, policies, policy
from tests.agreement.running import compare
from tests.agreement.sides import Question, ask_javascript, ask_python, difference, javascript
from tests.peers.process import Peer
from tests.verifiers import world

AT = "2026-11-24T10:00:00Z"
SEED, FILES = 20_261_124, 700


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with javascript(tmp_path_factory.mktemp("node") / "log") as peer:
        yield peer


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Node as a browser that has no ML-DSA."""
    with javascript(tmp_path_factory.mktemp("node") / "log", without="ML-DSA-44") as peer:
        yield peer


@pytest.mark.long
def test_both_say_the_same_of_damaged_files(tmp_path: Path) -> None:
    found = compare(questions(SEED, FILES), log=tmp_path / "log", keep=tmp_path)
    assert found.differences == []
    # Damage that is only refused at the door would prove little.
    assert min(found.verdicts[verdict] for verdict in ("refused", "invalid", "undetermined", "valid")) > 30
    assert len(found.codes) > 70


def test_damage_follows_from_its_seed() -> None:
    first, again, other = (
        [(item.name, item.policy, item.at) for item in questions(seed, 20)] for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize("start", STARTS)
def test_both_say_the_same_of_good_files_under_every_policy(node: Peer, start: str) -> None:
    scene = STARTS[start]()
    data = scene.bundle()
    asked = [Question(start, data, chosen, AT) for chosen in policies(scene)]
    answers = ask_javascript(node, asked)
    pythons = [ask_python(item) for item in asked]
    assert [difference(*pair) for pair in zip(pythons, answers, strict=True)] == [None] * len(asked)
    assert len({answer["report"]["verdict"] for answer in answers}) > 1


def test_a_bundle_with_both_proofs_is_valid_by_the_one_that_can_be_checked_here(node: Peer) -> None:
    scene = Scene()
    scene.announce(world.Signer("roc", did="did:web:roc.example"))
    document = world.credential(scene.signer.did)
    both = world.text(
        world.issue(
            document, world.proof(document, scene.signer), world.proof(document, scene.signer, world.JCS)
        )
    )
    data = _bundle_of(scene, both)
    asked = Question("both", data, policy(scene), AT)
    (script,), python = ask_javascript(node, [asked]), ask_python(asked)
    assert difference(python, script) is None
    assert python["report"]["verdict"] == script["report"]["verdict"] == "valid"
    aside = [check for check in script["report"]["credentials"][0]["checks"] if not check["required"]]
    assert [check["code"] for check in aside] == [
        "context_not_checked_here",
        "proof_not_checked_here",
        "receipt_valid",
        "binding_not_shown",
    ]


@pytest.mark.parametrize("name", [None, "key-1"])
def test_a_pinned_key_that_was_stolen_is_that_under_every_name(node: Peer, name: str | None) -> None:
    scene = Scene()
    scene.announce(scene.signer)
    key = scene.signer.key.multikey
    scene.say("organisation-key-compromised.v1", key=key, compromised_since="2026-10-15T00:00:00Z")
    scene.credentials = [world.credential(scene.signer.did)]
    data = scene.bundle(sign_with=world.Signer("roc", did=scene.signer.did, fragment=name))
    pinned = policy(scene, log_issuers=False, issuers=[{"id": scene.signer.did, "keys": [key]}])
    asked = Question("stolen", data, pinned, AT)
    (script,), python = ask_javascript(node, [asked]), ask_python(asked)
    assert difference(python, script) is None
    assert (script["report"]["verdict"], _deciding(script)) == ("invalid", ["key_compromised"])


def test_an_rdf_proof_alone_is_never_called_good_here(node: Peer) -> None:
    scene = Scene()
    scene.announce(world.Signer("roc", did="did:web:roc.example"))
    document = world.credential(scene.signer.did)
    data = _bundle_of(scene, world.text(world.issue(document, world.proof(document, scene.signer))))
    (script,) = ask_javascript(node, [Question("rdf", data, policy(scene), AT)])
    assert script["report"]["verdict"] == "undetermined"
    assert _deciding(script) == ["proof_not_checked_here"]


def test_a_token_is_never_called_good_here(node: Peer) -> None:
    asked = Question("token", world.token(), json.dumps({"type": "leerspoor-policy.v1"}), AT)
    (script,) = ask_javascript(node, [asked])
    assert (script["report"]["format"], script["report"]["verdict"]) == ("jwt", "undetermined")
    assert _deciding(script) == ["token_not_checked_here"]


@pytest.mark.parametrize("start", ["witnessed", "stolen", "stolen too early", "dated", "ceased"])
def test_without_ml_dsa_a_browser_acquits_nobody(poor: Peer, start: str) -> None:
    scene = STARTS[start]()
    data = scene.bundle()
    asked = [Question(start, data, chosen, AT) for chosen in policies(scene)]
    codes = []
    for item, script in zip(asked, ask_javascript(poor, asked), strict=True):
        python = ask_python(item)
        own = [credential["verdict"] for credential in script["report"]["credentials"]]
        others = [credential["verdict"] for credential in python["report"]["credentials"]]
        for mine, theirs in zip(own, others, strict=True):
            # It may know less; it may not know better.
            assert mine in (theirs, "undetermined"), item.policy
        codes += _deciding(script)
    assert "algorithm_not_here" in codes


def test_without_ml_dsa_a_browser_says_that_it_cannot_date_a_list(node: Peer, poor: Peer) -> None:
    scene = STARTS["ceased"]()
    broken = policy(
        scene,
        witnesses=f"witness one {SOUTH.key.dump()}\nquorum one\n",
        log_issuers=False,
        issuers=[{"id": scene.signer.did, "keys": [scene.signer.key.multikey]}],
        sunsets={"Ed25519": AT},
    )
    asked = [Question("ceased", scene.bundle(), broken, AT)]
    for peer, expected in ((node, "status_clear"), (poor, "algorithm_not_here")):
        (said,) = ask_javascript(peer, asked)
        checks = said["report"]["credentials"][0]["checks"]
        assert {check["code"] for check in checks if check["name"] == "status"} == {expected}


def test_a_wrong_policy_is_refused_by_its_code(node: Peer) -> None:
    scene = STARTS["witnessed"]()
    good = json.loads(policies(scene)[7] or "")
    broken: list[tuple[dict[str, Any], str]] = [
        ({"type": "leerspoor-policy.v2"}, "policy_malformed"),
        ({"logs": ["x"]}, "vkey_malformed"),
        ({"logs": [], "log_issuers": True}, "policy_malformed"),
        ({"trust": True}, "policy_malformed"),
        ({"witnesses": "quorum none"}, "witness_policy_malformed"),
        ({"witnesses": "quorum x\n"}, "witness_policy_unknown_name"),
        ({"witnesses": good["witnesses"].replace("both all", "both 3")}, "quorum_unreachable"),
        ({"witnesses": good["witnesses"] + "quorum none\n"}, "witness_policy_duplicate"),
        ({"witnesses": None, "require_witnesses": True}, "policy_malformed"),
        ({"sunsets": {"RSA": "2026-01-01T00:00:00Z"}}, "policy_malformed"),
        ({"sunsets": {"Ed25519": "2026-01-01"}}, "policy_malformed"),
    ]
    data = scene.bundle()
    asked = [Question(code, data, json.dumps({**good, **changes}), AT) for changes, code in broken]
    assert [answer["refused"] for answer in ask_javascript(node, asked)] == [code for _, code in broken]


def test_both_hear_two_logs_in_the_order_of_the_policy(node: Peer) -> None:
    scene, other = STARTS["usual"](), world.Log("other.example/log", key="another log")
    document = json.loads(scene.bundle())
    thief = world.Signer("thief", did=scene.signer.did)
    for payload, receipt in (
        world.key_event(other, thief, name="Mallory"),
        world.ceased(other, scene.signer.did, "2026-10-02T00:00:00Z"),
    ):
        document["keys"].insert(0, {"payload": payload.decode(), "receipt": receipt})
    data, logs = json.dumps(document).encode(), [scene.log.vkey.dump(), other.vkey.dump()]
    asked = [Question("logs", data, policy(scene, logs=order), AT) for order in (logs, logs[::-1])]
    answers = ask_javascript(node, asked)
    pythons = [ask_python(item) for item in asked]
    assert [difference(*pair) for pair in zip(pythons, answers, strict=True)] == [None, None]
    assert [answer["report"]["verdict"] for answer in answers] == ["valid", "undetermined"]
    assert [answer["report"]["credentials"][0]["issuer_name"] for answer in answers] == [
        "ROC Merwede",
        "Mallory",
    ]


@pytest.mark.parametrize("publishes", [False, True])
def test_both_doubt_the_last_list_of_a_stolen_key_unless_a_log_dates_it(node: Peer, publishes: bool) -> None:
    scene = STARTS["ceased"]()
    scene.publishes = publishes
    scene.say(
        "organisation-key-compromised.v1",
        key=scene.signer.key.multikey,
        compromised_since="2026-12-01T00:00:00Z",
    )
    data = scene.bundle()
    asked = [
        Question("ceased", data, policy(scene), at) for at in ("2026-11-27T00:00:00Z", "2026-12-10T00:00:00Z")
    ]
    answers = ask_javascript(node, asked)
    pythons = [ask_python(item) for item in asked]
    assert [difference(*pair) for pair in zip(pythons, answers, strict=True)] == [None, None]
    expected = ["valid", "valid" if publishes else "undetermined"]
    assert [answer["report"]["verdict"] for answer in answers] == expected


def test_the_comparison_finds_a_verifier_that_differs(node: Peer) -> None:
    scene = STARTS["usual"]()
    asked = Question("usual", scene.bundle(), policy(scene), AT)
    (script,), python = ask_javascript(node, [asked]), ask_python(asked)
    assert difference(python, script) is None
    for name in ("proof", "key", "receipt", "status", "validity"):
        liar = deepcopy(script)
        check = next(item for item in liar["report"]["credentials"][0]["checks"] if item["name"] == name)
        check["verdict"] = "invalid"
        assert difference(python, liar) is not None, name
    doubting = deepcopy(python)
    checks = doubting["report"]["credentials"][0]["checks"]
    checks[next(index for index, item in enumerate(checks) if item["name"] == "issuer")]["verdict"] = (
        "invalid"
    )
    assert difference(doubting, script) is not None
    assert difference({"refused": "json_syntax"}, {"refused": "json_bom"}) is not None
    assert difference({"refused": "json_syntax"}, {"crashed": "TypeError"}) is not None


def _bundle_of(scene: Scene, credential: bytes) -> bytes:
    document = json.loads(_with_one(scene))
    place = scene.log.record(credential)
    document["items"] = [
        {
            "credential": credential.decode(),
            "media_type": "application/vc",
            "receipt": scene.receipt(place),
        }
    ]
    return json.dumps(document).encode()


def _with_one(scene: Scene) -> bytes:
    scene.credentials = [world.credential(scene.signer.did)]
    return scene.bundle()


def _deciding(said: dict[str, Any]) -> list[str]:
    return [
        check["code"]
        for credential in said["report"]["credentials"]
        for check in credential["checks"]
        if check["required"] and check["verdict"] != "valid"
    ]

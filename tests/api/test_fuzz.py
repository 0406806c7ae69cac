"""Whatever arrives, there is an answer: never a 5xx, never a changed store, never "valid" for a changed byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.routes import ALL
from tests.api.world import OPERATOR, Party, World

SETTINGS = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=12), below, max_size=4),
    max_leaves=12,
)


@dataclass(frozen=True)
class Scene:
    """A recorded credential, in both of its forms, and who may write."""

    world: World
    roc: Party
    learner: Party
    credentials: dict[str, bytes]


@pytest.fixture(scope="module")
def scene(shared_world: World) -> Scene:
    """A world with something to spoil."""
    roc = shared_world.organisation()
    learner = shared_world.learner(roc)
    credentials = {
        "application/vc": shared_world.issue(roc, learner)["credential"].encode(),
        "application/vc+jwt": shared_world.issue(roc, learner, form="jwt")["credential"].encode(),
    }
    shared_world.get(f"/v1/organisations/{roc.id}/status/revocation")  # published now, not by the first look
    return Scene(shared_world, roc, learner, credentials)


@pytest.mark.parametrize("media_type", ["application/vc", "application/vc+jwt"])
def test_a_changed_byte_is_never_valid(scene: Scene, media_type: str) -> None:
    good = scene.credentials[media_type]
    before = scene.world.snapshot()

    @SETTINGS
    @given(place=st.integers(0, len(good) - 1), value=st.integers(0, 255), cut=st.booleans())
    def spoil(place: int, value: int, cut: bool) -> None:
        spoiled = good[:place] + (b"" if cut else bytes([value])) + good[place + 1 :]
        answer = scene.world.post("/v1/verify", content=spoiled, headers={"content-type": media_type})
        if spoiled == good:
            assert answer.json()["report"]["verdict"] == "valid"
        elif answer.status_code == 200:
            assert answer.json()["report"]["verdict"] in ("invalid", "undetermined")
            assert answer.json()["recorded"] == [None]
        else:
            assert answer.headers["content-type"] == "application/problem+json"
            assert 400 <= answer.status_code < 500

    spoil()
    assert scene.world.snapshot() == before


@pytest.mark.parametrize(
    ("method", "path"),
    sorted({(method, route.path) for router in ALL for route in router.routes for method in route.methods}),  # type: ignore[attr-defined]
)
def test_nonsense_is_refused_everywhere(scene: Scene, method: str, path: str) -> None:
    before = scene.world.snapshot()
    tokens = [OPERATOR, scene.roc.token, scene.learner.token]

    @settings(SETTINGS, max_examples=25)
    @given(
        body=JSON | st.binary(max_size=40),
        filling=st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=20
        ),
        query=st.dictionaries(
            st.sampled_from(["start", "end", "at", "valid_at", "multikey"]), st.text(max_size=9)
        ),
        token=st.sampled_from(tokens),
    )
    def ask(body: Any, filling: str, query: dict[str, str], token: str) -> None:
        names = [part for part in path.split("/") if part.startswith("{")]
        filled = path
        for name in names:
            filled = filled.replace(name, quote(filling, safe=""))
        content = {"content": body} if isinstance(body, bytes) else {"json": _finite(body)}
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        url = scene.world.http.base_url.copy_with(path=filled)
        answer = scene.world.http.request(
            method, url, params=query, headers=headers, **({} if method == "GET" else content)
        )
        assert answer.status_code < 500, answer.text

    ask()
    if path != "/v1/learners":  # an empty object is a good enrolment
        assert scene.world.snapshot() == before


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < 1e300 else 0.5
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return value

"""The OpenAPI document: complete, honest about refusals, and with examples that the API really takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from api.wire import attestations, learners, organisations, registry, shares
from tests.api.world import World, done

MODELS: dict[str, Any] = {
    "/v1/organisations": organisations.RegisterOrganisation,
    "/v1/organisations/{organisation}/keys": organisations.AddKey,
    "/v1/organisations/{organisation}/keys/{multikey}/retire": organisations.RetireKey,
    "/v1/organisations/{organisation}/keys/{multikey}/rotate": organisations.RotateKey,
    "/v1/organisations/{organisation}/keys/{multikey}/compromise": organisations.CompromiseKey,
    "/v1/organisations/{organisation}/cease": organisations.Cease,
    "/v1/organisations/{organisation}/tokens": organisations.IssueToken,
    "/v1/registry/policy": registry.SetPolicy,
    "/v1/registry/anchors": registry.ChangeAnchor,
    "/v1/registry/anchors/remove": registry.ChangeAnchor,
    "/v1/learners": learners.EnrolLearner,
    "/v1/learners/{learner}/erasure": learners.EraseLearner,
    "/v1/attestations": attestations.Attest,
    "/v1/attestations/prepare": attestations.PrepareAttestation,
    "/v1/attestations/complete": attestations.CompleteAttestation,
    "/v1/attestations/{credential}/suspend": attestations.ChangeStatus,
    "/v1/attestations/{credential}/reinstate": attestations.ChangeStatus,
    "/v1/attestations/{credential}/revoke": attestations.ChangeStatus,
    "/v1/shares": shares.GrantShare,
    "/v1/shares/open": shares.OpenShare,
}


@pytest.fixture(scope="module")
def document(shared_world: World) -> dict[str, Any]:
    """The document as it is served."""
    return done(shared_world.get("/v1/openapi.json"))


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        if path.startswith(("/v1/", "/issuers/"))
        for method, operation in methods.items()
    ]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = 0
    waiting: list[Any] = [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(reference := item.get("$ref"), str):
                assert reference.startswith("#/components/schemas/")
                assert reference.rpartition("/")[2] in document["components"]["schemas"], reference
                found += 1
            assert "$defs" not in item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    assert found > 50


def test_every_body_has_examples_that_are_taken(document: dict[str, Any]) -> None:
    posts = {path for path, method, operation in _operations(document) if "requestBody" in operation}
    assert posts == {*MODELS, "/v1/verify"}
    for path, model in MODELS.items():
        media = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert media["examples"]
        for example in media["examples"].values():
            TypeAdapter(model).validate_json(json.dumps(example["value"]), strict=True)


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    for path, method, operation in _operations(document):
        assert operation["description"], path
        for status, answer in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert list(answer["content"]) == ["application/problem+json"], (path, method, status)
        asks = "security" in operation
        assert asks == ("401" in operation["responses"]), path
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= operation["responses"].keys(), path


def test_the_document_says_what_it_is(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Leerspoor"
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"

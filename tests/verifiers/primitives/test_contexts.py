"""The pinned contexts: their digests, their frozen form, and the lists in which they are accepted."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import schemas.contexts as contexts

V2 = contexts.CREDENTIALS_V2
OB1, OB2, OB3 = (f"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.{n}.json" for n in (1, 2, 3))
EXT = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
DI = contexts.DATA_INTEGRITY_V2
MK = contexts.MULTIKEY_V1

# As published: VC Data Model 2.0 §B.1, Data Integrity 1.0 §2.4.2, Controlled Identifiers 1.0 §A.
PUBLISHED = {
    V2: "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    DI: "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    MK: "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
}


def test_the_urls() -> None:
    assert {V2, OB1, OB2, OB3, EXT, DI, MK} == contexts.URLS


@pytest.mark.parametrize("url", sorted(contexts.URLS))
def test_each_context_is_read_and_frozen(url: str) -> None:
    document = contexts.context(url)
    assert isinstance(document["@context"], Mapping)
    assert contexts.context(url) is document
    with pytest.raises(TypeError):
        document["@context"] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        document["@context"]["id"] = "x"  # type: ignore[index]


@pytest.mark.parametrize("url", sorted(PUBLISHED))
def test_the_digests_are_those_of_the_specifications(url: str) -> None:
    name, digest, _ = contexts._PINNED[url]
    assert digest == PUBLISHED[url]
    assert hashlib.sha256((contexts._folder() / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(
    "url",
    [
        "",
        V2 + "/",
        V2.replace("https", "http"),
        V2.upper(),
        "https://www.w3.org/2018/credentials/v1",
        "https://www.w3.org/ns/credentials/examples/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context.json",
        "file:///etc/passwd",
    ],
)
def test_any_other_url_is_unknown(url: str) -> None:
    with pytest.raises(contexts.ContextError) as caught:
        contexts.context(url)
    assert caught.value.code == "context_unknown"


def test_changed_bytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(contexts._folder(), tmp_path / "contexts")
    file = tmp_path / "contexts" / "credentials-v2.json"
    file.write_bytes(file.read_bytes() + b"\n")
    monkeypatch.setattr(contexts, "_folder", lambda: tmp_path / "contexts")
    contexts.context.cache_clear()
    with pytest.raises(contexts.ContextError) as caught:
        contexts.context(V2)
    assert caught.value.code == "context_changed"
    contexts.context.cache_clear()


def test_the_package_that_holds_the_bytes_is_never_imported() -> None:
    program = (
        "import sys, schemas.contexts as c; [c.context(u) for u in c.URLS];"
        "sys.exit(any(m.partition('.')[0] == 'openbadgeslib' for m in sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3], check=False).returncode
        == 0
    )


@pytest.mark.parametrize(
    "urls",
    [
        [V2],
        [V2, OB1],
        [V2, OB3],
        [V2, OB3, EXT],
        [V2, EXT],
        [V2, OB3, EXT, DI],
        [V2, DI],
        [DI],
        [MK],
        [DI, MK],
        [V2, "https://example.org/own"],
    ],
)
def test_lists_that_are_accepted(urls: list[str]) -> None:
    contexts.check_arrangement(urls)


@pytest.mark.parametrize(
    "urls",
    [
        [OB3],
        [EXT],
        [OB3, V2],
        [V2, V2],
        [V2, OB3, OB3],
        [V2, OB2, OB3],
        [V2, OB3, OB2],
        [V2, EXT, OB3],
        [DI, V2],
        [V2, MK],
        [V2, OB3, MK],
        [MK, DI],
        [EXT, DI],
        [V2, "https://example.org/own", V2],
    ],
)
def test_lists_that_are_not(urls: list[str]) -> None:
    with pytest.raises(contexts.ContextError) as caught:
        contexts.check_arrangement(urls)
    assert caught.value.code == "context_order"


def _scopes(context: Mapping[str, Any], outer: Mapping[str, str]) -> list[dict[str, str]]:
    terms = dict(outer)
    for term, definition in context.items():
        iri = definition.get("@id") if isinstance(definition, Mapping) else definition
        if not term.startswith("@") and isinstance(iri, str):
            terms[term] = iri
    inner = [
        scope
        for definition in context.values()
        if isinstance(definition, Mapping) and isinstance(definition.get("@context"), Mapping)
        for scope in _scopes(definition["@context"], terms)
    ]
    return [terms, *inner]


@pytest.mark.parametrize("url", sorted(contexts.URLS))
def test_two_terms_for_one_iri_are_a_property_and_a_class(url: str) -> None:
    """What the refusal `term_alias` rests on: no pinned context has two properties, or two classes, alike."""
    for scope in _scopes(contexts.context(url)["@context"], {}):  # type: ignore[arg-type]
        for iri in set(scope.values()):
            terms = [term for term in scope if scope[term] == iri and not iri.startswith("@")]
            properties = [term for term in terms if not term[:1].isupper()]
            assert len(properties) <= 1, (url, properties)
            assert len(terms) - len(properties) <= 1, (url, terms)

"""Fixtures: one process of each peer for a test worker."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import contexts
from tests.peers.install import install, node_program
from tests.peers.process import Peer


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Return @digitalbazaar/vc with eddsa-rdfc-2022, which knows our pinned contexts and no network."""
    peer = Peer(
        [node_program(), "peer.mjs"],
        folder=install(),
        log=tmp_path_factory.mktemp("peers") / "javascript.log",
    )
    documents = {url: _plain(contexts.context(url)) for url in sorted(contexts.URLS)}
    peer.ask("contexts", documents=documents)
    yield peer
    peer.close()


@pytest.fixture(scope="session")
def openbadgeslib(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Return openbadgeslib, with VC-JWT and Data Integrity."""
    script = Path(__file__).parent / "openbadges_peer.py"
    peer = Peer(
        [sys.executable, script],
        folder=script.parent,
        log=tmp_path_factory.mktemp("peers") / "openbadgeslib.log",
    )
    yield peer
    peer.close()


def _plain(value: object) -> object:
    """Return a pinned context as plain JSON (it is stored deeply read-only)."""
    return json.loads(json.dumps(value, default=dict))

"""Erasure, shown by canaries: everything about many people goes through the real API, then every byte is searched.

Before: nothing lies in plaintext anywhere. After: the live system can read nothing of the erased, old copies only
until their epoch is destroyed, and everybody else's trail, root and bundles are as they were. The searches find
what they look for: in builds that leak on purpose, and in what may still be read.
"""

from __future__ import annotations

import hmac
import math
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
import structlog

from ledger import bootstrap
from ledger.audit import Audit, Trust, head_file, log_key_of, snapshot
from ledger.errors import ErasedError, UnavailableError
from ledger.settings import Settings
from ledger.store.mapper import SealingMapper
from ledger.usecases import history, idempotency
from tests import postgres
from tests.api.client import BASE_URL
from tests.api.world import OPERATOR, Party, World, done, example, refused, world
from tests.flows import canaries
from tests.flows.canaries import KINDS, Cage, Copy, carved, in_plaintext, readable
from verifiers import TrustPolicy, check
from verifiers.formats import header as headers

PEOPLE = ("Ada", "Bea", "Cas", "Dora")
ERASED = ("Ada", "Cas")
FIELDS_MIN = 60
"""Personal fields in which each person has a canary; the examples are full size."""


@dataclass
class Scene:
    """A world full of canaries, and every place where its bytes lie."""

    found: World
    cage: Cage
    ledger_url: str
    vault_url: str
    roots: tuple[Path, ...]
    people: dict[str, Party] = field(default_factory=dict)
    payloads: dict[str, bytes] = field(default_factory=dict)
    bundles: dict[str, bytes] = field(default_factory=dict)

    @property
    def keks(self) -> Path:
        """The folder of key-encryption keys."""
        return Path(self.found.ledger.settings.data_dir) / "vault-keys"  # type: ignore[attr-defined]

    def copy(self) -> Copy:
        """Return what the databases hold now."""
        return Copy.of(self.ledger_url, self.vault_url)

    def of(self, *names: str) -> set[str]:
        """Return the canaries of some people."""
        return {canary for name in names for canary in self.cage.kept[name]}

    def carved(self) -> list[tuple[bytes, bytes]]:
        """Return the wrapped keys of the erased that lie in any raw file."""
        return [
            pair for name in ERASED for pair in carved(UUID(self.people[name].id), self.keks, *self.roots)
        ]

    def audited(self) -> list[str]:
        """Return what an audit finds."""
        file = head_file(self.ledger_url)
        with snapshot(self.ledger_url) as connection:
            data_dir = Path(self.found.ledger.settings.data_dir)  # type: ignore[attr-defined]
            trust = Trust(log_key_of(data_dir / "log-key"), self.found.ledger.heads.origin, file)
            return [str(fault) for fault in Audit(connection, trust).faults()]

    def populate(self, names: tuple[str, ...] = PEOPLE) -> None:
        """Let people enrol, learn, share and be looked at, with a canary wherever a text may stand."""
        roc = self.found.organisation("ROC van Testdam")
        for name in names:
            self._live(roc, name)
        self.found.ledger.publisher.publish()
        exports = self.roots[0] / "exports"
        exports.mkdir(exist_ok=True)
        for name in set(names) - set(ERASED):
            # What others hold of their own is full of their own canaries; here only the erased count.
            answer = self.found.get(
                f"/v1/learners/{self.people[name].id}/bundle", token=self.people[name].token
            )
            self.bundles[name] = answer.content
        (exports / "access.log").write_text("\n".join(map(repr, self.found.logged)))

    def _live(self, roc: Party, name: str) -> None:
        found = self.found

        def new() -> str:
            return self.cage.new(name)

        body: dict[str, Any] = {"name": f"{name} {new()}"}
        answer = done(found.post("/v1/learners", body, token=roc.token, key=f"enrol {new()}"), 201)
        learner = self.people[name] = Party(answer["id"], answer["token"]["secret"], answer)
        issued: dict[str, Any] = {}
        for kind in KINDS:
            body = {"learner": learner.id, "attestation": self.cage.attestation(kind, name)}
            token = learner.token if kind == "self_claim" else roc.token
            issued = done(found.post("/v1/attestations", body, token=token, key=f"{kind} {new()}"), 201)
            self.payloads[name] = issued["credential"].encode()
        done(found.get(f"/v1/attestations/{issued['id']}", token=learner.token))
        shared = {"purpose": f"Sollicitatie {new()}"}
        link = done(found.post("/v1/shares", shared, token=learner.token, key=f"share {new()}"), 201)
        opened = {"token": link["token"], "opened_by": f"Merwede {new()}"}
        done(found.post("/v1/shares/open", opened))
        # What goes wrong is logged too.
        found.get(f"/v1/learners/{learner.id}/history?valid_at={new()}", token=learner.token)
        found.get(f"/{new()}?name={new()}")
        found.post("/v1/attestations", {"learner": learner.id, new(): new()}, token=roc.token)
        found.post(
            "/v1/verify",
            content=f'{{"name": "{new()}"}}'.encode(),
            headers={"content-type": "application/json"},
        )


@contextmanager
def sqlite_scene(folder: Path) -> Iterator[Scene]:
    """Everything in files below one folder."""
    data = folder / "data"
    with world(folder, export=str(folder / "public")) as found:
        yield Scene(
            found,
            Cage(),
            f"sqlite:///{data / 'ledger.sqlite'}",
            f"sqlite:///{data / 'vault.sqlite'}",
            (folder,),
        )


@contextmanager
def postgresql_scene(folder: Path, server: str) -> Iterator[Scene]:
    """Two databases of a real server, whose own folder is searched too: tables, dead rows, write-ahead log."""
    mark = uuid4().hex[:8]
    home = Path(parse_qs(urlsplit(server).query)["host"][0])
    with (
        postgres.database(server, f"l_{mark}") as ledger_url,
        postgres.database(server, f"v_{mark}") as vault_url,
    ):
        more = {"database_url": ledger_url, "vault_url": vault_url, "export": str(folder / "public")}
        with world(folder, **more) as found:
            yield Scene(found, Cage(), ledger_url, vault_url, (folder, home / "data"))


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """A populated world on each database."""
    if request.param == "sqlite":
        made = sqlite_scene(tmp_path)
    else:
        made = postgresql_scene(tmp_path, request.getfixturevalue("postgres_server"))
    with structlog.testing.capture_logs(), made as found:
        yield found


def test_canaries(scene: Scene) -> None:
    scene.populate()
    ledger, cage = scene.found.ledger, scene.cage
    for name in PEOPLE:
        assert len(cage.kept[name]) >= FIELDS_MIN

    # Before: nothing in plaintext anywhere; with all keys, everything that was recorded.
    assert in_plaintext(cage, *scene.roots) == {}
    backup = scene.copy()
    recorded = readable(cage, backup, scene.keks)
    for name in PEOPLE:
        assert len(recorded & scene.of(name)) >= FIELDS_MIN
    size, root = ledger.store.head().size, ledger.store.head().root
    old_head = ledger.heads.latest()

    # Erased by the person herself, and by the operator.
    ada, cas = (scene.people[name] for name in ERASED)
    for learner, token in ((ada, ada.token), (cas, OPERATOR)):
        answer = scene.found.post(f"/v1/learners/{learner.id}/erasure", {}, token=token)
        assert answer.status_code == 200, answer.text
        assert cage.found_in(answer.content) == set()

    # After: the live system reads nothing of theirs, and all of the others'.
    gone, kept = scene.of(*ERASED), recorded - scene.of(*ERASED)
    assert readable(cage, scene.copy(), scene.keks) == kept
    for learner in (ada, cas):
        refused(scene.found.get(f"/v1/learners/{learner.id}/history", token=learner.token), 410, "erased")
    # An old copy of the databases can still be opened while the epoch of its keys lives, as the certificate says …
    assert readable(cage, backup, scene.keks) == recorded
    # … on PostgreSQL the journal is such an old copy; SQLite forgets at once.
    carvings = scene.carved()
    assert (carvings == []) is scene.ledger_url.startswith("sqlite")
    ledger.vault.rotate(now=ledger.now())
    assert readable(cage, backup, scene.keks) == set()
    assert scene.carved() == []
    assert readable(cage, scene.copy(), scene.keks, wrapped_too=carvings) == kept
    assert in_plaintext(cage, *scene.roots) == {}
    assert gone

    # The log only grew, by two tombstones; the root of before is proven by the tree of now; the audit is content.
    head = ledger.store.head()
    assert (old_head.size, old_head.root, head.size) == (size, root, size + len(ERASED))
    assert ledger.heads.latest().size == head.size
    assert scene.audited() == []
    # Other people's files verify as before, those they hold and those they fetch.
    policy = TrustPolicy(
        issuers={}, logs=(ledger.heads.verifier_key,), log_issuers=True, require_status=False
    )
    for name, held in scene.bundles.items():
        party = scene.people[name]
        fetched = scene.found.get(f"/v1/learners/{party.id}/bundle", token=party.token).content
        before, after = (check(file, policy=policy, at=ledger.now()) for file in (held, fetched))
        assert [item.verdict for item in before.credentials] == [item.verdict for item in after.credentials]
        assert [item.code for item in after.all_checks() if item.verdict == "invalid"] == []


def test_an_old_copy_of_everything_but_the_keys_brings_nobody_back(tmp_path: Path) -> None:
    with sqlite_scene(tmp_path) as scene:
        scene.populate(("Ada", "Bea"))
        data = tmp_path / "data"
        backup = Copy.of(scene.ledger_url, scene.vault_url)
        for name in ("ledger.sqlite", "vault.sqlite"):
            for path in data.glob(f"{name}*"):
                if not path.name.endswith((".head", ".lock")):
                    (tmp_path / "backup").mkdir(exist_ok=True)
                    shutil.copy(path, tmp_path / "backup" / path.name)
        ada = scene.people["Ada"]
        done(scene.found.post(f"/v1/learners/{ada.id}/erasure", {}, token=ada.token))
    settings = Settings(data_dir=data, base_url=BASE_URL)

    def put_back() -> None:
        for path in (tmp_path / "backup").iterdir():
            shutil.copy(path, data / path.name)
        (data / "ledger.sqlite.head").unlink(missing_ok=True)  # the operator insists

    put_back()
    ledger = bootstrap.build(settings, clock=scene.found.clock)
    with pytest.raises(ErasedError):
        history.rebuild(ledger, UUID(ada.id))
    assert (
        readable(scene.cage, Copy.of(scene.ledger_url, scene.vault_url), data / "vault-keys")
        & scene.of("Ada")
        == set()
    )
    ledger.vault.rotate(now=ledger.now())
    ledger.close()
    # Once the epoch is destroyed the backup opens for nobody, and is not served.
    put_back()
    with pytest.raises(UnavailableError) as caught:
        bootstrap.build(settings, clock=scene.found.clock)
    assert caught.value.code == "vault_too_old"
    assert readable(scene.cage, backup, data / "vault-keys") == set()


LEAKS = {
    "a body is not encrypted": "ledger.sqlite",
    "a line of the log": "access.log",
    "a client's key": "ledger.sqlite",
    "a token in the export": "token.jwt",
}
"""What leaks, and into which file."""


@pytest.mark.parametrize("leak", LEAKS)
def test_the_search_finds_the_canary_in_a_build_that_leaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leak: str
) -> None:
    with sqlite_scene(tmp_path) as scene:
        roc = scene.found.organisation()
        if leak == "a body is not encrypted":
            monkeypatch.setattr(SealingMapper, "_seal", lambda _, key, opened, aad: bytes(12) + opened)
        if leak == "a client's key":
            monkeypatch.setattr(idempotency, "_key_mac", lambda _, owner, key: key.encode()[-32:].rjust(32))
        body = {"name": f"Ada {scene.cage.new('Ada')}"}
        if leak == "a line of the log":
            scene.found.logged.append({"route": "/v1/learners", "body": body})
        key = scene.cage.new("Ada")[-32:]
        assert len(key) <= 32
        learner = scene.found.post("/v1/learners", body, token=roc.token, key=key)
        if leak == "a token in the export":
            (tmp_path / "public").mkdir(exist_ok=True)
            (tmp_path / "public" / "token.jwt").write_bytes(canaries.in_a_token(body["name"]))
        (tmp_path / "access.log").write_text(repr(scene.found.logged))
        assert learner.status_code in (201, 500)
        hits = in_plaintext(scene.cage, *scene.roots)
        assert hits
        assert all(name.startswith(LEAKS[leak]) for name in hits), hits


def test_whoever_holds_everything_cannot_link_a_leaf_to_a_person(tmp_path: Path) -> None:
    """THREATS E9 and H12: all files, old copies and the exact credential, and yet no r that opens a commitment."""
    with sqlite_scene(tmp_path) as scene:
        scene.populate(("Ada",))
        payload = scene.payloads["Ada"]
        copy = scene.copy()
        shutil.copytree(tmp_path / "data", tmp_path / "old", ignore=shutil.ignore_patterns("vault-keys"))
        recorded = [
            event
            for event in scene.found.ledger.store.select_subject(UUID(scene.people["Ada"].id))
            if event.sealed.type == "credential-issued.v1"
        ]
        opening = next(
            opened for found, opened in map(scene.found.ledger.sealing.opening, recorded) if found == payload
        )
        ada = scene.people["Ada"]
        done(scene.found.post(f"/v1/learners/{ada.id}/erasure", {}, token=ada.token))
        scene.found.ledger.vault.rotate(now=scene.found.ledger.now())
        commitments = {headers.parse(header).commitment for header, _ in copy.events}
        roots = (tmp_path / "data", tmp_path / "old")
        assert _linked(payload, commitments, *roots) == set()
        # The same attack succeeds where r was left lying about.
        (tmp_path / "old" / "leak").write_bytes(b"x" * 7 + opening.r)
        assert _linked(payload, commitments, tmp_path / "old" / "leak") == {
            headers.commitment(opening.r, payload)
        }


def _linked(payload: bytes, commitments: set[bytes], *roots: Path) -> set[bytes]:
    """Try every 32 bytes of every file as the r of a commitment to the payload."""
    found: set[bytes] = set()
    files = [root for root in roots if root.is_file()] + canaries.files_in(*roots)
    for path in files:
        data = path.read_bytes()
        windows = {data[at : at + 32] for at in range(len(data) - 31)} - {bytes(32)}
        found |= {made for r in windows if (made := hmac.digest(r, payload, "sha256")) in commitments}
    return found


def test_leaves_look_like_noise(tmp_path: Path) -> None:
    """THREATS E9: no bit of an entry leans to one side, whoever and whatever it is about."""
    with sqlite_scene(tmp_path) as scene:
        scene.populate(("Ada", "Bea"))
        entries = scene.found.ledger.store.entries(0, scene.found.ledger.store.head().size)
    bits = 8 * sum(map(len, entries))
    ones = sum(byte.bit_count() for entry in entries for byte in entry)
    assert len(set(entries)) == len(entries) >= 15
    assert abs(ones - bits / 2) < 6 * math.sqrt(bits) / 2  # six standard deviations


def test_as_many_readings_are_recorded_as_were_served(tmp_path: Path) -> None:
    """THREATS G10: a seeded campaign of reads by organisations and by the person, over an erasure."""
    rng = random.Random(7)
    with sqlite_scene(tmp_path) as scene:
        found = scene.found
        schools = [found.organisation("ROC A"), found.organisation("ROC B")]
        learners = [found.learner(schools[0], "Ada"), found.learner(schools[0], "Bea")]
        issued = [
            found.issue(school, learner) for school in schools for learner in learners for _ in range(2)
        ]
        served = 0
        for turn in range(60):
            who, what = rng.choice((*schools, *learners)), rng.choice(issued)
            answer = found.get(f"/v1/attestations/{what['id']}", token=who.token)
            served += answer.status_code == 200 and who in schools
            assert answer.status_code in (200, 403, 410)
            if turn == 30:
                body: dict[str, Any] = {}
                done(found.post(f"/v1/learners/{learners[0].id}/erasure", body, token=OPERATOR))
        recorded = [
            event
            for learner in learners
            for event in found.ledger.store.select_subject(UUID(learner.id), types=("credential-read.v1",))
        ]
    assert len(recorded) == served > 10


def test_every_text_of_every_kind_takes_a_canary() -> None:
    for kind in KINDS:
        texts = canaries.free_texts(kind)
        names = {str(name) for _, name in texts}
        assert {"title", "description", "purpose"} <= names
        assert len(texts) >= len(example(kind)) // 2

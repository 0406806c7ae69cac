"""What the steps of the walk share: the server, the tally, the folder, and what earlier steps brought about."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.commands.walk.client import Client
from api.commands.walk.server import Server
from api.commands.walk.tally import Tally, WalkError
from api.wire.attestations import IssuedAnswer
from verifiers import TrustPolicy
from verifiers.formats.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation that takes part; `own_key` is there when it signs by itself."""

    name: str
    id: UUID
    did: str
    client: Client
    own_key: Ed25519PrivateKey | None = None


@dataclass(frozen=True, slots=True)
class Learner:
    """The person whose trail it is."""

    name: str
    id: UUID
    client: Client


@dataclass(slots=True)
class Stage:
    """Where the walk takes place; later steps read what earlier ones left.

    Args:
        folder: for the files an employer would keep.
        world: a client without a token.
    """

    server: Server
    tally: Tally
    folder: Path
    world: Client
    parties: dict[str, Party] = field(default_factory=dict)
    issued: list[IssuedAnswer] = field(default_factory=list)
    first_checkpoint: Checkpoint | None = None
    policy: TrustPolicy | None = None
    share_url: str = ""
    share_token: str = ""
    _learner: Learner | None = None

    @property
    def learner(self) -> Learner:
        """The learner, once enrolled."""
        if self._learner is None:
            raise WalkError("nobody is enrolled yet")
        return self._learner

    @learner.setter
    def learner(self, learner: Learner) -> None:
        self._learner = learner

    def keep(self, name: str, data: bytes) -> Path:
        """Write a file that somebody in the walk would keep, and return where it is."""
        path = self.folder / name
        path.write_bytes(data)
        return path

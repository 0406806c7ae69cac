"""What may be set from outside, by environment variables that start with LEERSPOOR_.

Values only: no class can be chosen this way (`ledger.bootstrap` names them all).
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of one ledger. Everything has a default that runs on one machine with SQLite."""

    model_config = SettingsConfigDict(env_prefix="LEERSPOOR_", extra="forbid", frozen=True)

    data_dir: Path = Path("data")
    """Folder for keys, the vault and the database when these are files; made with mode 0700."""
    database_url: str | None = None
    """SQLAlchemy URL of the ledger; None: SQLite at <data_dir>/ledger.sqlite."""
    vault_url: str | None = None
    """SQLAlchemy URL of the vault, never the ledger's own; None: SQLite at <data_dir>/vault.sqlite."""
    base_url: str = "http://127.0.0.1:8000"
    """The public address, without a slash at the end: it goes into DIDs, status lists and links."""
    origin: str | None = None
    """The log's origin; None: derived from base_url's host."""
    operator_token: SecretStr | None = None
    """The operator's token; None: made at the first start, written once to <data_dir>/operator.token."""
    verifier_processes: int = 2
    """Worker processes for strangers' documents."""
    second_place: str | None = None
    """Where the last signed head is kept: file:///path or etcd://host:port/key; None: `<file>.head` beside
    SQLite, a row in PostgreSQL, which a backup of the database holds too."""
    export: str | None = None
    """Where the log is copied to for web servers and mirrors: a folder, or s3://bucket/prefix; None: nowhere."""
    witnesses: Path | None = None
    """File with the policy of our witnesses (C2SP tlog-policy, with their addresses); None: nobody is asked."""
    allow_asynchronous: bool = False
    """Serve although PostgreSQL's replicas may miss what was acknowledged: a failover can lose events."""
    clock_checked: bool = False
    """Somebody has seen that the clock is right, however long ago the last head was signed."""
    status_seconds: int = Field(default=900, ge=1, le=43_200)
    """How often status lists may change; a revocation is seen in them from the next such moment on."""

    @property
    def host(self) -> str:
        """Host and port of base_url, as in a Host header."""
        return urlsplit(self.base_url).netloc

    @property
    def log_origin(self) -> str:
        """The name of the log: `origin`, or the host without port and "/leerspoor"."""
        return self.origin or f"{urlsplit(self.base_url).hostname}/leerspoor"

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("the base url is not an http or https address")
        if value.endswith("/") or parts.query or parts.fragment:
            raise ValueError("the base url ends in a slash, query or fragment")
        return value

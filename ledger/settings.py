"""What may be set from outside, by environment variables that start with LEERSPOOR_. Classes cannot be chosen this way."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of one ledger. Everything has a default that runs on one machine with SQLite."""

    model_config = SettingsConfigDict(env_prefix="LEERSPOOR_", extra="forbid", frozen=True)

    data_dir: Path = Path("data")
    """Folder for keys, the vault and the database when these are files; made with mode 0700."""
    database_url: str | None = None
    """SQLAlchemy URL of the ledger; None: SQLite at <data_dir>/ledger.sqlite."""
    vault_url: str | None = None
    """SQLAlchemy URL of the vault of persons' keys; None: SQLite at <data_dir>/vault.sqlite. Never the ledger's."""
    base_url: str = "http://127.0.0.1:8000"
    """The public address, without a slash at the end: it goes into DIDs, status lists and links."""
    origin: str | None = None
    """The log's origin; None: derived from base_url's host."""
    operator_token: SecretStr | None = None
    """The operator's token; None: made at the first start and written once to <data_dir>/operator.token (0600)."""
    verifier_processes: int = 2
    """Worker processes for strangers' documents."""

    @property
    def host(self) -> str:
        """Host and port of base_url, as in a Host header."""
        return urlsplit(self.base_url).netloc

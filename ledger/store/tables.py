"""The tables of the ledger, the same on SQLite and PostgreSQL (SQLAlchemy Core).

Every key starts with what shards it (the stream, the organisation), and nothing needs sequences, table
locks, advisory locks or stored procedures, so that distributed PostgreSQLs stay possible. Moments are
integer epoch seconds. The tables are made by `ledger.store.migrations`; a test compares the two.

Not here: persons' keys (`ledger.keys.tables`, in another database).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    text,
)

LOG = "ledger"
"""Name of the one log of this database, in tables that could hold several."""

metadata = MetaData()


class UuidBlob(TypeDecorator[UUID]):
    """A UUID as 16 bytes, for databases without a type of their own (half of the text, and sorted alike)."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | None:
        """Return the bytes that are stored."""
        return None if value is None else value.bytes

    def process_result_value(self, value: Any | None, dialect: Dialect) -> UUID | None:
        """Return the UUID of stored bytes."""
        return None if value is None else UUID(bytes=bytes(value))


def uuid_type() -> Uuid[UUID]:
    """Return the column type of identifiers: `uuid` on PostgreSQL, 16 bytes on SQLite."""
    return Uuid(as_uuid=True).with_variant(UuidBlob(), "sqlite")


event = Table(
    "event",
    metadata,
    # In the order that reads prefer: what is small and always wanted first, the body last.
    Column("stream", uuid_type(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("event_id", uuid_type(), nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", uuid_type(), nullable=True),
    Column("issuer", uuid_type(), nullable=True),
    Column("recorded_at", BigInteger, nullable=False),
    Column("entry", LargeBinary(32), nullable=False),
    Column("header", LargeBinary, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    Column("body", LargeBinary, nullable=True),
    PrimaryKeyConstraint("stream", "version", name="event_pk"),
    UniqueConstraint("position", name="event_position"),
    UniqueConstraint("event_id", name="event_event_id"),
    Index("event_subject", "subject", "type", "position"),
    Index("event_issuer", "issuer", "position"),
)

log_head = Table(
    "log_head",
    metadata,
    Column("log", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
)

tile = Table(
    "tile",
    metadata,
    Column("level", Integer, nullable=False),
    Column("index", BigInteger, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "index", name="tile_pk"),
)

checkpoint = Table(  # what was published, one row a size: the note with the cosignatures it has by now
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("previous", BigInteger, nullable=True),  # the size before, so that the loss of a row shows
    Column("root", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("quorum_at", BigInteger, nullable=True),  # the time at which witnesses met our policy's quorum
    Column("renewed", Text, nullable=True),  # the same head with later cosignatures, of a log at rest
    Index(
        "checkpoint_witnessed",
        "size",
        sqlite_where=text("quorum_at IS NOT NULL"),
        postgresql_where=text("quorum_at IS NOT NULL"),
    ),
)

signed_head = Table(  # the second place of `ledger.log.heads` on PostgreSQL: one row, compared and swapped
    "signed_head",
    metadata,
    Column("log", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("organisation", uuid_type(), nullable=False),
    Column("key", LargeBinary(32), nullable=False),  # a MAC of the client's, whose text may name a person
    Column("request_mac", LargeBinary(32), nullable=False),
    Column("event_ids", LargeBinary, nullable=False),  # 16 bytes each, in the order of the request
    PrimaryKeyConstraint("organisation", "key", name="idempotency_pk"),
)

status_allocation = Table(  # one list; its indexes are a permutation made by seed, leased from the start
    "status_allocation",
    metadata,
    Column("organisation", uuid_type(), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("list", uuid_type(), nullable=False),
    Column("size", Integer, nullable=False),
    Column("seed", LargeBinary(32), nullable=False),
    Column("leased", Integer, nullable=False),
    PrimaryKeyConstraint("organisation", "purpose", "number", name="status_allocation_pk"),
    UniqueConstraint("list", name="status_allocation_list"),
)

status_index = Table(
    "status_index",
    metadata,
    Column("list", uuid_type(), nullable=False),
    Column("index", Integer, nullable=False),
    Column("stream", uuid_type(), nullable=False),
    PrimaryKeyConstraint("list", "index", name="status_index_pk"),
    Index("status_index_stream", "stream"),
)

status_publication = Table(  # the exact bytes of every status list that was ever published
    "status_publication",
    metadata,
    Column("organisation", uuid_type(), nullable=False),
    Column("slot", BigInteger, nullable=False),  # from when on
    Column("purpose", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("stream", uuid_type(), nullable=False),  # of the event that holds the hashes
    Column("size", BigInteger, nullable=False),  # events of the log that the list takes into account
    Column("body", LargeBinary, nullable=False),
    Column("jwt", LargeBinary, nullable=False),
    PrimaryKeyConstraint("organisation", "slot", "purpose", "number", name="status_publication_pk"),
)

token = Table(
    "token",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("id", uuid_type(), nullable=False),
    Column("owner", uuid_type(), nullable=False),
    Column("role", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=True),
    Column("revoked_at", BigInteger, nullable=True),
    UniqueConstraint("id", name="token_id"),
    Index("token_owner", "owner"),
)

public_key = Table(
    "public_key",
    metadata,
    Column("multikey", Text, primary_key=True),
    Column("organisation", uuid_type(), nullable=False),
    Index("public_key_organisation", "organisation"),
)

share_token = Table(
    "share_token",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("share", uuid_type(), nullable=False),
    UniqueConstraint("share", name="share_token_share"),
)

erasure = Table(  # written with the tombstone, completed by the certificate; never deleted
    "erasure",
    metadata,
    Column("learner", uuid_type(), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("certificate", LargeBinary, nullable=True),  # null: not everything is done yet
)

projection = Table(
    "projection",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

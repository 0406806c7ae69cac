"""The tables of the first release."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

from ledger.store.tables import uuid_type

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything; a fresh database has nothing to keep."""
    _events()
    _log()
    _status()
    _access()
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _events() -> None:
    places: tuple[sa.Column[int] | sa.Constraint, ...] = (
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("stream", "version", name="event_pk"),
        sa.UniqueConstraint("position", name="event_position"),
    )
    if op.get_bind().dialect.name == "sqlite":
        # The same keys; but SQLite stores a row under its integer key, so the position needs no index.
        places = (
            sa.Column("position", sa.Integer, nullable=False),
            sa.PrimaryKeyConstraint("position", name="event_position"),
            sa.UniqueConstraint("stream", "version", name="event_pk"),
        )
    op.create_table(
        "event",
        sa.Column("stream", uuid_type(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("event_id", uuid_type(), nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", uuid_type(), nullable=True),
        sa.Column("issuer", uuid_type(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("entry", sa.LargeBinary(32), nullable=False),
        sa.Column("header", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=True),
        sa.UniqueConstraint("event_id", name="event_event_id"),
        *places,
    )
    op.create_index("event_subject", "event", ["subject", "type", "position"])
    op.create_index("event_issuer", "event", ["issuer", "position"])
    op.create_table(
        "idempotency",
        sa.Column("organisation", uuid_type(), nullable=False),
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.Column("request_mac", sa.LargeBinary(32), nullable=False),
        sa.Column("event_ids", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("organisation", "key", name="idempotency_pk"),
    )
    op.create_table(
        "projection",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )


def _log() -> None:
    log_head = op.create_table(
        "log_head",
        sa.Column("log", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
    )
    # The row that every append locks is there from the start: two first writers cannot both make it.
    empty = {"log": "ledger", "size": 0, "frontier": b"", "root": hashlib.sha256(b"").digest()}
    op.bulk_insert(log_head, [empty])
    op.create_table(
        "tile",
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("index", sa.BigInteger, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name="tile_pk"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("previous", sa.BigInteger, nullable=True),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.Column("quorum_at", sa.BigInteger, nullable=True),
        sa.Column("renewed", sa.Text, nullable=True),
    )
    witnessed = sa.text("quorum_at IS NOT NULL")
    op.create_index(
        "checkpoint_witnessed", "checkpoint", ["size"], sqlite_where=witnessed, postgresql_where=witnessed
    )
    op.create_table(
        "signed_head",
        sa.Column("log", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )


def _status() -> None:
    op.create_table(
        "status_allocation",
        sa.Column("organisation", uuid_type(), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("list", uuid_type(), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("seed", sa.LargeBinary(32), nullable=False),
        sa.Column("leased", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("organisation", "purpose", "number", name="status_allocation_pk"),
        sa.UniqueConstraint("list", name="status_allocation_list"),
    )
    op.create_table(
        "status_index",
        sa.Column("list", uuid_type(), nullable=False),
        sa.Column("index", sa.Integer, nullable=False),
        sa.Column("stream", uuid_type(), nullable=False),
        sa.PrimaryKeyConstraint("list", "index", name="status_index_pk"),
    )
    op.create_index("status_index_stream", "status_index", ["stream"])
    op.create_table(
        "status_publication",
        sa.Column("organisation", uuid_type(), nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("stream", uuid_type(), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("jwt", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("organisation", "slot", "purpose", "number", name="status_publication_pk"),
    )


def _access() -> None:
    op.create_table(
        "token",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("id", uuid_type(), nullable=False),
        sa.Column("owner", uuid_type(), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=True),
        sa.Column("revoked_at", sa.BigInteger, nullable=True),
        sa.UniqueConstraint("id", name="token_id"),
    )
    op.create_index("token_owner", "token", ["owner"])
    op.create_table(
        "public_key",
        sa.Column("multikey", sa.Text, primary_key=True),
        sa.Column("organisation", uuid_type(), nullable=False),
    )
    op.create_index("public_key_organisation", "public_key", ["organisation"])
    op.create_table(
        "share_token",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("share", uuid_type(), nullable=False),
        sa.UniqueConstraint("share", name="share_token_share"),
    )
    op.create_table(
        "erasure",
        sa.Column("learner", uuid_type(), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("certificate", sa.LargeBinary, nullable=True),
    )


def _guard_sqlite() -> None:
    """Make SQL itself refuse what a ledger never does; a body may only be deleted."""
    for name, condition in (
        ("event_never_deleted", "BEFORE DELETE ON event"),
        (
            "event_never_changed",
            "BEFORE UPDATE OF stream, version, position, event_id, type, subject, issuer, recorded_at, "
            "entry, header, signature ON event",
        ),
        ("event_body_only_deleted", "BEFORE UPDATE OF body ON event WHEN NEW.body IS NOT NULL"),
        ("idempotency_never_deleted", "BEFORE DELETE ON idempotency"),
    ):
        op.execute(f"CREATE TRIGGER {name} {condition} BEGIN SELECT RAISE(ABORT, '{name}'); END")


def _guard_postgresql() -> None:
    """Take the rights from the owner itself (no triggers: they need plpgsql); superusers keep theirs."""
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON event FROM CURRENT_USER")
    op.execute("GRANT UPDATE (body) ON event TO CURRENT_USER")
    op.execute("REVOKE DELETE, TRUNCATE ON idempotency FROM CURRENT_USER")
    # Ciphertext cannot be compressed; trying costs more than the insert.
    op.execute("ALTER TABLE event ALTER COLUMN body SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL")

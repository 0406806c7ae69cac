"""The tables of the vault's own database. Made by `ledger.store.migrations`; a test compares the two."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table

metadata = MetaData()

data_key = Table(
    "data_key",
    metadata,
    Column("owner", LargeBinary(16), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=True),  # null: destroyed, and never made again
    Column("destroyed_at", BigInteger, nullable=True),
    Index("data_key_epoch", "epoch"),
)

key_epoch = Table(
    "key_epoch",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("destroyed_at", BigInteger, nullable=True),
)

"""The vault's table of epochs: which is the newest, and when the others ended.

The folder of keys rules (`epochs`): it is never restored, the database may be. Whatever they disagree about is
settled when a vault is made.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, or_, select, update

from ledger.errors import UnavailableError
from ledger.keys.epochs import Epoch, EpochFolder
from ledger.keys.tables import data_key, key_epoch


def all_epochs(connection: Connection) -> tuple[Epoch, ...]:
    """Return every epoch there ever was, the newest last."""
    rows = connection.execute(select(key_epoch).order_by(key_epoch.c.number))
    return tuple(Epoch(row.number, _moment(row.begun_at), _moment_or_none(row.destroyed_at)) for row in rows)


def last_number(connection: Connection) -> int:
    """Return the number of the newest epoch, 0 before there was one."""
    return connection.execute(select(func.max(key_epoch.c.number))).scalar_one() or 0


def hold_newest(connection: Connection) -> int:
    """Return the newest epoch, which stays the newest until the transaction ends.

    Whoever wraps a key holds the row for reading, whoever begins an epoch wants it for writing; so no key is
    wrapped under an epoch whose survivors were counted already. SQLite has one writer at a time anyway.
    """
    while True:
        number = last_number(connection)
        row = select(key_epoch.c.number).where(key_epoch.c.number == number)
        connection.execute(row.with_for_update(read=True)).one()
        if last_number(connection) == number:
            return number


def take_over(connection: Connection, folder: EpochFolder, *, now: datetime) -> None:
    """Let the table say what the folder says, after waiting for everyone who wraps a key.

    Raises:
        UnavailableError: vault_too_old, vault_too_new.
    """
    connection.execute(select(key_epoch.c.number).with_for_update()).all()
    living = folder.numbers()
    known = {epoch.number: epoch for epoch in all_epochs(connection)}
    for number in living:
        if number not in known:
            begun_at = int(folder.begun_at(number).timestamp())
            connection.execute(insert(key_epoch).values(number=number, begun_at=begun_at))
    for number in known.keys() - set(living):
        write_destroyed(connection, number, now=now)
    _require_one_time(connection, living[0], living[-1])


def write_destroyed(connection: Connection, number: int, *, now: datetime) -> None:
    """Note when the key of an epoch was destroyed; the first note stays."""
    ours = (key_epoch.c.number == number, key_epoch.c.destroyed_at.is_(None))
    connection.execute(update(key_epoch).where(*ours).values(destroyed_at=int(now.timestamp())))


def _require_one_time(connection: Connection, oldest: int, newest: int) -> None:
    epoch = data_key.c.epoch
    strange = select(epoch).where(or_(epoch < oldest, epoch > newest), data_key.c.wrapped.is_not(None))
    found = connection.execute(strange.limit(1)).scalar_one_or_none()
    if found is not None:
        raise UnavailableError(
            "vault_too_old" if found < oldest else "vault_too_new",
            "the vault's database and its folder of keys are not of one time",
            expected=f"epochs {oldest} to {newest}",
            got=str(found),
        )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)

"""The composition root: from settings to a running ledger. The only place that knows which class goes where.

<data_dir>/ledger.sqlite      events, unless database_url says otherwise
<data_dir>/vault.sqlite       persons' data keys, wrapped, unless vault_url says otherwise
<data_dir>/vault-keys/        the keys they are wrapped with, one an epoch
<data_dir>/managed-keys/      organisations' signing keys, encrypted
<data_dir>/log-key/           the log's signing key, encrypted
<data_dir>/secret             what the signing keys are encrypted with
<data_dir>/operator.token     the operator's token, written once when it was made here
"""

from __future__ import annotations

from contextlib import ExitStack

from sqlalchemy import Engine, insert, select, update

from ledger.application import Chance, Clock, Ledger, SystemChance, system_clock
from ledger.application.codecs import codecs
from ledger.errors import UnavailableError
from ledger.keys import files
from ledger.keys.signing import LedgerKey, ManagedKeys
from ledger.keys.vault import Vault
from ledger.log.heads import Heads
from ledger.log.receipts import Receipts
from ledger.log.second_place import second_place
from ledger.log.tiles import TileReader
from ledger.settings import Settings
from ledger.store import tables
from ledger.store.engine import make_engine, migrate
from ledger.store.mapper import SealingMapper
from ledger.store.reading import transaction
from ledger.store.recorder import LedgerRecorder
from ledger.usecases import tokens
from ledger.usecases.access import OPERATOR, OPERATOR_SCOPES
from verifiers.worker import Pool

OPERATOR_TOKEN_FILE = "operator.token"  # noqa: S105 - a file name


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    chance: Chance | None = None,
    pool: Pool | None = None,
) -> Ledger:
    """Build a ledger: migrate, load or make keys, sign what a crash left unsigned. Close it with `close()`.

    Args:
        clock: () -> aware UTC datetime; None: the machine's clock.
        chance: where ids and secrets come from; None: the operating system.
        pool: worker processes of the caller's, who closes them; None: the ledger's own.

    Raises:
        UnavailableError: a database or secret is not there or not safe; see `ledger.store.engine` and
            `ledger.keys`. CorruptError: head_went_back and the like; see `ledger.log.heads`.
    """
    clock, chance = clock or system_clock, chance or SystemChance()
    folder = files.private_folder(settings.data_dir)
    with ExitStack() as undo:  # what was opened is closed again when a later step fails
        engine = make_engine(settings.database_url or f"sqlite:///{folder / 'ledger.sqlite'}")
        undo.callback(engine.dispose)
        migrate(engine, "ledger")
        vault_engine = make_engine(settings.vault_url or f"sqlite:///{folder / 'vault.sqlite'}")
        undo.callback(vault_engine.dispose)
        migrate(vault_engine, "vault")
        secret = files.load_or_create_secret(folder / "secret")
        vault = Vault(vault_engine, folder / "vault-keys", now=clock())
        log_key = LedgerKey.load_or_create(folder / "log-key", secret)
        recorder = LedgerRecorder(engine)
        undo.callback(recorder.close)
        tiles = TileReader(recorder)
        heads = Heads(recorder, log_key, settings.log_origin, place=second_place(engine), tiles=tiles)
        _admit_operator(engine, settings, clock, chance)
        workers = pool or Pool(settings.verifier_processes, warm=("verifiers",))
        ledger = Ledger(
            settings=settings,
            clock=clock,
            chance=chance,
            engine=engine,
            recorder=recorder,
            mapper=SealingMapper(codecs(), vault, log_key),
            vault=vault,
            keys=ManagedKeys(folder / "managed-keys", secret),
            heads=heads,
            receipts=Receipts(heads, tiles),
            pool=workers,
            closing=(*(() if pool else (workers.close,)), engine.dispose, vault_engine.dispose),
        )
        undo.pop_all()
    return ledger


def _admit_operator(engine: Engine, settings: Settings, clock: Clock, chance: Chance) -> None:
    """Let one operator's token work: the one that is set, or one made at the first start."""
    row, moment = tables.token.c, int(clock().timestamp())
    ours = (row.role == "operator", row.revoked_at.is_(None))
    with transaction(engine) as connection:
        known = set(connection.execute(select(row.token_hash).where(*ours)).scalars())
        if settings.operator_token is None and known:
            return
        token = _operator_token(settings, chance)
        if tokens.hash_of(token) in known:
            return
        # A token that is set takes the place of the ones before it.
        connection.execute(update(tables.token).where(*ours).values(revoked_at=moment))
        values = {
            "token_hash": tokens.hash_of(token),
            "id": chance.uuid(),
            "owner": OPERATOR,
            "role": "operator",
            "scopes": " ".join(sorted(OPERATOR_SCOPES)),
            "label": "operator",
            "created_at": moment,
            "expires_at": None,
            "revoked_at": None,
        }
        connection.execute(insert(tables.token).values(values))


def _operator_token(settings: Settings, chance: Chance) -> str:
    """Return the token that is set, the one a start that was cut short left in its file, or a new one."""
    path = settings.data_dir / OPERATOR_TOKEN_FILE
    if settings.operator_token is not None:
        token = settings.operator_token.get_secret_value()
    elif path.exists():
        token = files.read_secret(path).decode().strip()
    else:
        token = tokens.write("operator", chance.bytes(tokens.SECRET_BYTES))
        files.write_secret(path, f"{token}\n".encode())
    if tokens.role_of(token) != "operator":
        raise UnavailableError(
            "operator_token_malformed",
            "the operator token that is set is not a token",
            expected="lsp_operator_..., as written by the first start",
        )
    return token

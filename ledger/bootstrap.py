"""The composition root: from settings to a running ledger. The only place that knows which class goes where.

<data_dir>/ledger.sqlite      events, unless database_url says otherwise
<data_dir>/vault.sqlite       persons' data keys, wrapped, unless vault_url says otherwise
<data_dir>/vault-keys/        the keys they are wrapped with, one an epoch
<data_dir>/managed-keys/      organisations' signing keys, encrypted
<data_dir>/log-key/           the log's signing key, encrypted
<data_dir>/cosigner-keys/     the operator's cosigner, Ed25519 and ML-DSA-44, encrypted
<data_dir>/secret             what the signing keys are encrypted with
<data_dir>/operator.token     the operator's token, written once when it was made here
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Engine, insert, select, update

from ledger.application import Chance, Clock, Ledger, SystemChance, system_clock
from ledger.application.codecs import codecs
from ledger.errors import UnavailableError
from ledger.keys import files
from ledger.keys.cosigning import CosignerKeys
from ledger.keys.signing import LedgerKey, ManagedKeys
from ledger.keys.vault import Vault
from ledger.log.cosigner import Cosigner
from ledger.log.etcd import EtcdPlace, parse_address
from ledger.log.export import Export
from ledger.log.export_places import open_place
from ledger.log.heads import Heads
from ledger.log.publication import Publisher
from ledger.log.published import Published
from ledger.log.receipts import Receipts
from ledger.log.second_place import FilePlace, SecondPlace, second_place
from ledger.log.tiles import TileReader
from ledger.log.witnesses import Lines, Witnesses
from ledger.outbound.http import Http
from ledger.outbound.witness_client import add_checkpoint
from ledger.settings import Settings
from ledger.store import tables
from ledger.store.engine import make_engine, migrate
from ledger.store.mapper import SealingMapper
from ledger.store.reading import transaction
from ledger.store.recorder import LedgerRecorder
from ledger.usecases import tokens, upkeep
from ledger.usecases.access import OPERATOR, OPERATOR_SCOPES
from verifiers.errors import VerifierError
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.cosignature import WitnessKey
from verifiers.formats.witness_policy import WitnessPolicy
from verifiers.primitives.merkle import consistency_proof
from verifiers.worker import Pool

OPERATOR_TOKEN_FILE = "operator.token"  # noqa: S105 - a file name
SECOND_PLACE_SECONDS_MAX = 2.0
"""How long one member of etcd may take; a request waits for it."""
WITNESS_ANSWER_SECONDS_MAX = 5.0
"""How long one witness may take to answer; it keeps only itself waiting."""


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
        lax = settings.allow_asynchronous
        engine = make_engine(
            settings.database_url or f"sqlite:///{folder / 'ledger.sqlite'}", allow_asynchronous=lax
        )
        undo.callback(engine.dispose)
        migrate(engine, "ledger")
        vault_engine = make_engine(
            settings.vault_url or f"sqlite:///{folder / 'vault.sqlite'}", allow_asynchronous=lax
        )
        undo.callback(vault_engine.dispose)
        migrate(vault_engine, "vault")
        secret = files.load_or_create_secret(folder / "secret")
        vault = Vault(vault_engine, folder / "vault-keys", now=clock())
        log_key = LedgerKey.load_or_create(folder / "log-key", secret)
        recorder = LedgerRecorder(engine)
        undo.callback(recorder.close)
        tiles = TileReader(recorder)
        cosigner = Cosigner(CosignerKeys(folder / "cosigner-keys", secret), settings.log_origin)
        heads = Heads(
            recorder,
            log_key,
            settings.log_origin,
            place=second_place(engine, _other_place(settings.second_place, undo)),
            tiles=tiles,
            cosigner=cosigner,
            clock=clock,
            clock_checked=settings.clock_checked,
        )
        publisher = _publisher(settings, engine, heads, tiles, cosigner, clock, undo)
        undo.callback(publisher.close)
        publisher.prepare()
        _admit_operator(engine, settings, clock, chance)
        workers = pool or Pool(settings.verifier_processes, warm=("verifiers",))
        if pool is None:
            undo.callback(workers.close)
        ledger = Ledger(
            settings=settings,
            clock=heads.now,
            chance=chance,
            engine=engine,
            recorder=recorder,
            mapper=SealingMapper(codecs(), vault, log_key),
            vault=vault,
            keys=ManagedKeys(folder / "managed-keys", secret),
            heads=heads,
            receipts=Receipts(heads, tiles, publisher.published),
            publisher=publisher,
            pool=workers,
            log_key=log_key,
            request_secret=files.derive(secret, b"leerspoor idempotency keys v1"),
            closing=(undo.pop_all().close,),
        )
    try:
        upkeep.once(ledger)  # a restored backup must bring nobody back, not for one request
    except BaseException:
        ledger.close()
        raise
    return ledger


def _other_place(address: str | None, closing: ExitStack) -> SecondPlace | None:
    """Return the second place that is set; what it holds open goes to `closing`."""
    if address is None:
        return None
    if address.startswith("file:///"):
        return FilePlace(Path(address.removeprefix("file://")))
    endpoints, key = parse_address(address)
    return EtcdPlace(endpoints, key, closing.enter_context(Http(seconds_max=SECOND_PLACE_SECONDS_MAX)))


def _publisher(
    settings: Settings,
    engine: Engine,
    heads: Heads,
    tiles: TileReader,
    cosigner: Cosigner,
    clock: Clock,
    closing: ExitStack,
) -> Publisher:
    """Return what publishes the log: to whoever asks the server, to witnesses and to an export, as set.

    What it holds open goes to `closing`.
    """
    policy, asked = _witness_policy(settings.witnesses), None
    if policy is not None:
        http = closing.enter_context(Http(seconds_max=WITNESS_ANSWER_SECONDS_MAX))
        executor = ThreadPoolExecutor(max(1, len(policy.witnesses)), thread_name_prefix="witness")
        closing.callback(executor.shutdown, wait=True, cancel_futures=True)

        def ask(url: str, keys: Sequence[WitnessKey], checkpoint: Checkpoint, old_size: int) -> Lines:
            def proof(first: int, second: int) -> list[bytes]:
                return consistency_proof(first, second, tiles.node)

            return add_checkpoint(http, url, checkpoint, keys=keys, old_size=old_size, proof=proof)

        asked = Witnesses(policy, ask, executor)
    return Publisher(
        heads,
        Published(engine, heads.verifier_key, policy),
        cosigner,
        tiles=tiles,
        clock=clock,
        witnesses=asked,
        export=None
        if settings.export is None
        else Export(open_place(settings.export), tiles, heads.verifier_key),
    )


def _witness_policy(path: Path | None) -> WitnessPolicy | None:
    if path is None:
        return None
    try:
        policy = witness_policy.parse(path.read_bytes())
    except OSError as error:
        raise UnavailableError(
            "witness_policy_missing", "the file of the witness policy cannot be read"
        ) from error
    except VerifierError as error:
        raise UnavailableError(
            error.code, f"the witness policy cannot be used: {error}", got=error.got
        ) from error
    # A quorum that protects from nothing is refused here, not by the first verifier who reads our policy.
    for finding in witness_policy.lint(policy):
        if finding.severity == "error":
            raise UnavailableError(finding.code, f"the witness policy cannot be used: {finding.message}")
    return policy


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

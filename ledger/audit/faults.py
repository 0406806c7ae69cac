"""What an audit says: one fault a line, by table, row and code, and never a person's data.

::

    event        column_malformed header_malformed column_mismatch header_key header_mismatch body_mismatch
                 body_missing body_unexpected tombstone_not_last signature_invalid entry_mismatch row_count
                 position_missing position_repeated event_beyond_head version_gap version_order event_id_repeated
    log_head     log_unknown head_missing column_malformed size_mismatch root_mismatch frontier_mismatch
    tile         tile_missing tile_mismatch tile_unexpected column_malformed
    signed_head  checkpoint_missing checkpoint_malformed checkpoint_origin checkpoint_signature
                 checkpoint_not_signed checkpoint_beyond_log checkpoint_not_prefix column_mismatch row_unexpected
                 cosignature_invalid cosignature_malformed cosigner_unknown recorded_after_cosignature
    kept         as signed_head: a checkpoint that somebody kept
    checkpoint   as signed_head, and: column_malformed root_mismatch cosignature_missing time_went_back
    export       as signed_head, and: tile_missing tile_mismatch file_unexpected
    erasure      stream_missing row_count certificate_invalid column_mismatch column_malformed
    idempotency  column_malformed event_missing owner_mismatch event_named_twice
    status_*     column_malformed stream_missing list_missing list_of_another index_not_leased pair_broken number_gap
                 publication_mismatch document_mismatch bits_mismatch list_behind size_order
    others       column_malformed stream_missing row_count position_beyond_log of_erased
    data_key     column_malformed epoch_missing key_missing of_erased      (of the vault)
    key_epoch    file_missing file_unexpected row_missing                  (of the vault)
    database     storage_damaged

Rows are named by what is no secret and nobody's name: positions, ids of things, public keys. A client's
idempotency key is its own text, so such a row is named by the events it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Table


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it must be.

    Args:
        table: where, for example "event".
        row: which row, for example "position 17".
        code: a stable word for programs; see the module.
        detail: for people: which column, how many.
    """

    table: str
    row: str
    code: str
    detail: str = ""

    def __str__(self) -> str:
        """Return the fault as one line."""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.table}, {self.row}: {self.code}{detail}"


def at_position(position: object, code: str, detail: str = "") -> Fault:
    """Return a fault of the event at a position."""
    return Fault("event", f"position {position}", code, detail)


def malformed(table: Table, row: str, **columns: bool) -> list[Fault]:
    """Return a fault for each column that is not well-formed; columns: by name, whether it is."""
    return [Fault(table.name, row, "column_malformed", name) for name, well in columns.items() if not well]


def id_text(value: object) -> str | None:
    """Return an identifier as a database gives it (UUID, or 16 bytes) in its usual text, None for anything else."""
    if isinstance(value, bytes) and len(value) == 16:
        digits = value.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return str(value) if isinstance(value, UUID) else None


def is_hash(value: object) -> bool:
    """Return whether a value is 32 bytes."""
    return isinstance(value, bytes) and len(value) == 32


def is_count(value: object) -> bool:
    """Return whether a value is a whole number that is not negative."""
    return type(value) is int and value >= 0

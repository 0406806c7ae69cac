"""The audit: everything a ledger stores, derived again from the rows themselves, by code that never wrote one.

    with snapshot(url) as connection:
        for fault in Audit(connection, trust).faults(): ...

What it shares with the writer, so that a mistake there can hide from it: SHA-256; the definitions of the tables
(`ledger.store.tables`), to read them by name; and from `verifiers` the readers of what is specified for outsiders:
Multikey, C2SP checkpoint, and the header's parser, which only says what is wrong with a header that is not, byte
for byte, the one its row calls for. The tree, the tiles, the header's text and the status lists' permutation
are written again here. A test and the layering keep it so.

It needs no person's key and opens no body. So it cannot see a change of what nothing public is bound to: hashes of
tokens and their rights, public keys that are exchanged for others, clients' idempotency keys and the MACs of their
requests, the id of an event that no request names, a credential whose two places in status lists are both gone.

Not here: faults of the hardware that the database hides, and a log whose key was used to sign another one (that
takes checkpoints that somebody else kept). Source: THREATS E2 to E4, E8, M1 to M5.
"""

from ledger.audit.audit import Audit, Trust
from ledger.audit.export import Export
from ledger.audit.faults import Fault
from ledger.audit.opening import HeadFile, head_file, log_key_of, snapshot
from ledger.audit.vault import Vault
from ledger.audit.walk import Tell

__all__ = [
    "Audit",
    "Export",
    "Fault",
    "HeadFile",
    "Tell",
    "Trust",
    "Vault",
    "head_file",
    "log_key_of",
    "snapshot",
]

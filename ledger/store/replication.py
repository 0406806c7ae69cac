"""PostgreSQL with replicas: what was acknowledged must be on a replica that may take over.

Measured with asynchronous replicas: a failover lost a third of the acknowledged events, and the survivor gave
their positions to others. Not here: settings of one server (`ledger.store.engine`).
Source: DESIGN section "Beyond one machine"; PostgreSQL 18, "Synchronous Replication".
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from ledger.errors import UnavailableError

# A base backup under way is no replica. Without the right to see states these columns are null, and the
# backup counts: refusing a start for its duration is better than missing a replica.
_REPLICAS = text(
    "SELECT (SELECT count(*) FROM pg_stat_replication"
    "        WHERE state IS DISTINCT FROM 'backup' AND application_name IS DISTINCT FROM 'pg_basebackup')"
    "     + (SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'physical' AND NOT temporary)"
)


def require_synchronous(connection: Connection) -> None:
    """Return only when a commit that is acknowledged waits for a replica, or there are no replicas.

    Raises:
        UnavailableError: replicas_asynchronous.
    """
    names = str(connection.execute(text("SHOW synchronous_standby_names")).scalar_one())
    if names.strip():
        return
    if connection.execute(_REPLICAS).scalar_one():
        raise UnavailableError(
            "replicas_asynchronous",
            "the database has replicas that may miss what it acknowledged; a failover would lose events",
            expected="synchronous_standby_names, for example ANY 1 (*)",
            got="none",
        )

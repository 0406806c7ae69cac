"""What alembic runs around the steps: on the caller's connection, inside the caller's transaction."""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
context.configure(connection=attributes["connection"], version_table=attributes["version_table"])
context.run_migrations()

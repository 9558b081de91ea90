"""Alembic's way in: with a connection from `upgrade`, or on its own when a developer writes a revision."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

from domain.kernel import database
from domain.kernel.database import Role
from domain.migrations import SCHEMA, VERSION_TABLE, metadata


def only_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Compare the application's schema only; the queue and the warehouse make their own tables."""
    return kind != "schema" or name == SCHEMA


def migrate(connection: sa.Connection, target: sa.MetaData | None) -> None:
    context.configure(
        connection=connection,
        target_metadata=target,
        version_table=VERSION_TABLE,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=only_ours,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    # Whoever compares brings the tables along; an upgrade needs none and stays quick.
    migrate(given, context.config.attributes.get("metadata"))
else:
    database.ensure_running()
    with database.engine(Role.OWNER).connect() as own:
        migrate(own, metadata())
        own.commit()

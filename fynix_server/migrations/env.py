"""Alembic runs this for every command. maintenance/schema.py hands it the connection.

The engine is opened there, because it is asynchronous and because the migrators' lock and the
steps share one transaction: a failed step leaves the database as it was, on SQLite too.
"""

from alembic import context
from sqlalchemy import Connection

from fynix_server.tables import Table


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        # SQLite alters a table only by copying it.
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _write_sql(dialect_name: str) -> None:
    context.configure(
        dialect_name=dialect_name,
        target_metadata=Table.metadata,
        render_as_batch=dialect_name == "sqlite",
        transactional_ddl=True,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    _write_sql(context.config.attributes["dialect_name"])
else:
    _migrate(context.config.attributes["connection"])

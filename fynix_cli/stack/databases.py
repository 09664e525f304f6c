"""Databases in a private Postgres: made, copied, removed."""

import asyncpg

from fynix_cli.stack.postgres import Postgres


async def create_database(server: Postgres, name: str, template: str | None = None) -> str:
    """Make a database, a copy of `template` where one is named; its URL."""
    connection = await connect_to(server, "postgres")
    try:
        copied = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
        await connection.execute(f'CREATE DATABASE "{name}"{copied}')
    finally:
        await connection.close()
    return server.url(name)


async def drop_database(server: Postgres, name: str) -> None:
    """Remove a database, whoever is connected to it."""
    connection = await connect_to(server, "postgres")
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


async def connect_to(server: Postgres, name: str, **settings: str) -> asyncpg.Connection:
    """A connection to the database `name`; `settings` are the session's."""
    url = server.url(name).replace("+asyncpg", "")
    return await asyncpg.connect(url, server_settings=settings)

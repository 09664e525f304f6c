"""Real Postgres and Valkey for tests, from the same wheels as `fynix serve --stack full`."""

from pathlib import Path

from fynix_cli.stack.databases import connect_to, create_database, drop_database
from fynix_cli.stack.postgres import Postgres, start_postgres
from fynix_cli.stack.valkey import Valkey, start_valkey

__all__ = ["connect_to", "create_database", "drop_database", "postgres_server", "valkey_server"]


def postgres_server(folder: Path) -> Postgres:
    """A Postgres that is quick rather than durable; stop it at the end."""
    return start_postgres(folder / "postgres", is_durable=False)


def valkey_server(folder: Path) -> Valkey:
    """A Valkey; stop it at the end."""
    return start_valkey(folder / "valkey")

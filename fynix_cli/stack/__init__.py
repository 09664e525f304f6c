"""A private Postgres and Valkey from wheels: real servers on loopback, without Docker or root."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fynix_cli.stack.postgres import start_postgres
from fynix_cli.stack.process import StackError
from fynix_cli.stack.valkey import start_valkey

__all__ = ["StackError", "StackUrls", "full_stack"]


@dataclass(frozen=True)
class StackUrls:
    """Where the two listen, passwords included, as DATABASE_URL and REDIS_URL take them."""

    database_url: str
    redis_url: str


@contextmanager
def full_stack(data_dir: Path) -> Iterator[StackUrls]:
    """Both servers for as long as the block runs; Postgres keeps its data in `data_dir`.

    What a killed run left running there is stopped first.

    Raises: StackError (the wheels are missing, or a server does not start).
    """
    with ExitStack() as running:
        postgres = start_postgres(data_dir / "postgres")
        running.callback(postgres.stop)
        valkey = start_valkey(data_dir / "valkey")
        running.callback(valkey.stop)
        yield StackUrls(postgres.url("postgres"), valkey.url())

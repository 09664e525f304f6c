"""How long lists and searches take at a million messages, and by which index: on both databases.

    python -m tests.scale.measure [--stack embedded|full|both]

It fills a fresh database, starts the application on it, asks each of LISTS over HTTP, and prints
the median and the slowest of several, with the indexes that EXPLAIN names for the queries behind
it. What takes 100 ms or more, or reads a large table whole, is marked.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from quart import Quart
from sqlalchemy import event

from fynix_server.accounts.passwords import PasswordHasher
from fynix_server.app import create_app
from fynix_server.database import Database
from fynix_server.maintenance.schema import upgrade
from fynix_server.settings import Settings, load_settings
from tests.people import PASSWORD, open_client
from tests.query_plans.plan import Plan, plan_of_statements
from tests.running import run_app
from tests.scale.lists import LISTS
from tests.scale.population import ADMIN, BUSY, populate
from tests.stacks import create_database, postgres_server, valkey_server

ROUNDS = 9
LIMIT_MS = 100.0
LARGE = frozenset(
    {"audit_log", "blocks", "conversations", "held_messages", "messages", "notices", "users"}
    | {"conversation_participants", "report_evidence", "reports", "sessions"}
)
SECRET = "a-secret-that-only-this-benchmark-uses-0123456789"


@dataclass(frozen=True)
class Figure:
    """One list: milliseconds of each try, and how the database answered."""

    name: str
    tries_ms: list[float]
    plan: Plan

    def line(self) -> str:
        median, most = statistics.median(self.tries_ms), max(self.tries_ms)
        mark = "  ← slow" if median >= LIMIT_MS else ""
        whole = self.plan.scanned & LARGE
        if whole:
            mark += f"  ← reads all of {', '.join(sorted(whole))}"
        indexes = ", ".join(sorted(self.plan.indexes)) or "–"
        return f"{self.name:<44}{median:7.1f}{most:8.1f}  {indexes}{mark}"


async def measure(settings: Settings) -> None:
    """Fill, serve, ask, print."""
    await upgrade(settings)
    database = Database(settings)
    begun = time.monotonic()
    hashed = await PasswordHasher(settings).hash(PASSWORD)
    await populate(database, hashed, _tell)
    await database.close()
    _tell(f"filled in {time.monotonic() - begun:.0f} s")
    app = create_app(settings)
    _tell(f"{'ms':<44}{'median':>7}{'most':>8}  by")
    async with run_app(app) as url, open_client(url) as client:
        names = {"admin": f"person-{ADMIN:06}", "busy": f"person-{BUSY:06}"}
        tokens = {who: await _token(client, name) for who, name in names.items()}
        for name, (who, path) in LISTS.items():
            figure = await _ask(app, client, name, path, tokens[who])
            _tell(figure.line())


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201


async def _token(client: httpx.AsyncClient, username: str) -> str:
    body = {"username": username, "password": PASSWORD}
    answer = await client.post("/api/auth/login", json=body)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


async def _ask(app: Quart, client: httpx.AsyncClient, name: str, path: str, token: str) -> Figure:
    headers = {"Authorization": f"Bearer {token}"}
    database: Database = app.extensions["resources"].database
    with _statements(database) as seen:
        answer = await client.get(path, headers=headers)
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"{name}: {answer.status_code} {answer.text}")
    tries = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await client.get(path, headers=headers)
        tries.append((time.perf_counter() - begun) * 1000)
    async with database.read() as connection:
        plan = await plan_of_statements(connection, seen)
    return Figure(name, tries, plan)


@contextmanager
def _statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What goes to the database meanwhile; nothing else asks it then but background tasks."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append((statement, parameters))

    for engine in database.engines:
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in database.engines:
            event.remove(engine.sync_engine, "before_cursor_execute", note)


async def _run(stack: str, folder: Path) -> None:
    common: dict[str, Any] = {
        "jwt_secret_key": SECRET,
        "log_level": "error",
        "rate_limits": "off",
        "data_dir": folder,
    }
    async with AsyncExitStack() as exits:
        if stack == "full":
            postgres, valkey = postgres_server(folder), valkey_server(folder)
            exits.callback(postgres.stop)
            exits.callback(valkey.stop)
            common["database_url"] = await create_database(postgres, "scale")
            common["redis_url"] = valkey.url()
        await measure(load_settings(**common))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--stack", choices=("embedded", "full", "both"), default="both")
    chosen = parser.parse_args().stack
    for stack in ("embedded", "full") if chosen == "both" else (chosen,):
        _tell("SQLite" if stack == "embedded" else "Postgres and Valkey")
        with tempfile.TemporaryDirectory(prefix="fynix-scale-") as folder:
            asyncio.run(_run(stack, Path(folder)))


if __name__ == "__main__":
    main()

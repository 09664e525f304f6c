"""People who send at a steady rate to a server of its own process, and how long that takes them."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from fynix_cli.output import emit
from fynix_cli.stack.databases import create_database
from fynix_cli.stack.postgres import start_postgres
from tests.end_to_end.server_process import MAIN, environment
from tests.people import PASSWORD

PAUSE_SECONDS = 0.02
SECRET = "a-secret-that-only-this-measurement-uses-0123456789"


async def run(env: dict[str, str], *arguments: str) -> str:
    """A command to its end, which must be good; what it printed."""
    process = await asyncio.create_subprocess_exec(
        *MAIN,
        *arguments,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        raise SystemExit(f"fynix {' '.join(arguments)}: {err.decode()}")
    return out.decode()


async def register(client: httpx.AsyncClient, name: str) -> str:
    """Log `client` in as a new person; their id."""
    body = {"username": name, "password": PASSWORD}
    account = (await client.post("/api/auth/register", json=body)).json()
    client.headers["Authorization"] = f"Bearer {account['access_token']}"
    return str(account["user"]["id"])


class Sender:
    """Sends into a conversation, again and again, and notes how long each answer took."""

    def __init__(self, client: httpx.AsyncClient, conversation_id: str) -> None:
        self._client = client
        self._url = f"/api/conversations/{conversation_id}/messages"

    @classmethod
    async def make(cls, client: httpx.AsyncClient, number: int) -> "Sender":
        """Who sends to somebody whom nobody else writes to."""
        reader_id = await register(client, f"reader-{number}")
        await register(client, f"sender-{number}")
        dm = await client.post(f"/api/conversations/dm/{reader_id}")
        return cls(client, dm.json()["id"])

    async def send_until(self, is_over: asyncio.Event) -> list[float]:
        taken = []
        while not is_over.is_set():
            began = time.monotonic()
            answer = await self._client.post(self._url, json={"content": "under load"})
            taken.append(time.monotonic() - began)
            if answer.status_code != 201:
                raise SystemExit(f"a send was refused: {answer.text}")
            await asyncio.sleep(PAUSE_SECONDS)
        return taken


async def measured(senders: list[Sender], work: Any) -> tuple[list[float], Any]:
    """How long sends took while `work` was done, sorted, and what came of it."""
    is_over = asyncio.Event()
    sending = [asyncio.create_task(it.send_until(is_over)) for it in senders]
    result = await work
    is_over.set()
    return sorted(it for taken in await asyncio.gather(*sending) for it in taken), result


def tell(name: str, taken_by: dict[str, list[float]]) -> None:
    """Print how long sends took; `taken_by`: sorted seconds, by what went on meanwhile."""
    emit(f"{name} (load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors):")
    for what, taken in taken_by.items():
        emit(f"  sends {what}: {len(taken)}, {_shares(taken)}")


def _shares(taken: list[float]) -> str:
    named = {"p50": 0.5, "p99": 0.99, "longest": 1.0}
    at = {name: taken[min(len(taken) - 1, int(len(taken) * it))] for name, it in named.items()}
    return ", ".join(f"{name} {1000 * seconds:.1f} ms" for name, seconds in at.items())


@contextmanager
def sqlite(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a server with a database of its own."""
    yield environment(folder)


@contextmanager
def postgres(folder: Path) -> Iterator[dict[str, str]]:
    """The same on Postgres, which waits for the disk."""
    server = start_postgres(folder / "postgres", is_durable=True)
    try:
        url = asyncio.run(create_database(server, "measured"))
        yield environment(folder, DATABASE_URL=url, JWT_SECRET_KEY=SECRET)
    finally:
        server.stop()


DATABASES = {"sqlite": sqlite, "postgres": postgres}

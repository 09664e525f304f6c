"""How long sending waits while a cleanup runs: `python -m tests.maintenance.cleanup_under_load`.

A server as a process, people who send at a steady rate, and `fynix cleanup messages` beside it
on a database full of old messages; on SQLite and on Postgres.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from fynix_cli.output import emit
from fynix_cli.stack.databases import create_database
from fynix_cli.stack.postgres import start_postgres
from tests.end_to_end.server_process import MAIN, ServerProcess, environment
from tests.people import PASSWORD, open_client

PAUSE_SECONDS = 0.02
MESSAGES_PER_CONVERSATION = 100
SECRET = "a-secret-that-only-this-measurement-uses-0123456789"


@dataclass(frozen=True)
class Load:
    """How many old messages, how many people who send, for how long."""

    messages: int
    senders: int
    seconds: float


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


class Sender:
    """Sends to somebody, again and again, and notes how long each answer took."""

    def __init__(self, client: httpx.AsyncClient, conversation_id: str) -> None:
        self._client = client
        self._url = f"/api/conversations/{conversation_id}/messages"

    @classmethod
    async def make(cls, client: httpx.AsyncClient, number: int) -> "Sender":
        people = []
        for name in (f"sender-{number}", f"reader-{number}"):
            body = {"username": name, "password": PASSWORD}
            people.append((await client.post("/api/auth/register", json=body)).json())
        client.headers["Authorization"] = f"Bearer {people[0]['access_token']}"
        dm = await client.post(f"/api/conversations/dm/{people[1]['user']['id']}")
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


async def measure(name: str, env: dict[str, str], load: Load) -> None:
    await run(env, "migrate")
    conversations = str(load.messages // MESSAGES_PER_CONVERSATION)
    await run(env, "seed", "--messages", str(load.messages), "--conversations", conversations)
    server = await ServerProcess.start({**env, "FYNIX_RATE_LIMITS": "off"})
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.stop)
        clients = [open_client(server.url) for _ in range(load.senders)]
        for client in clients:
            stack.push_async_callback(client.aclose)
        senders = [await Sender.make(client, number) for number, client in enumerate(clients)]
        alone, _ = await measured(senders, asyncio.sleep(load.seconds))
        command = ("cleanup", "messages", "--older-than", "2d", "--yes", "--reason", "measured")
        limits = ("--max-time", f"{round(load.seconds)}s", "-o", "json")
        beside, out = await measured(senders, run(env, *command, *limits))
    (report,) = json.loads(out)["runs"]
    _tell(name, alone, beside, report)


def _tell(name: str, alone: list[float], beside: list[float], report: dict[str, Any]) -> None:
    removed = report["removed"].get("messages", 0)
    emit(f"{name} (load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors):")
    for what, taken in (("without", alone), ("with", beside)):
        emit(f"  sends {what} cleanup: {len(taken)}, {_shares(taken)}")
    emit(
        f"  cleanup: {removed} rows in {report['batches']} batches, "
        f"{removed / report['seconds']:.0f} rows/s; locks held for {report['p99_lock_ms']} ms "
        f"at p99, {report['longest_lock_ms']} ms at most"
    )


def _shares(taken: list[float]) -> str:
    """Of sorted seconds."""
    named = {"p50": 0.5, "p99": 0.99, "longest": 1.0}
    at = {name: taken[min(len(taken) - 1, int(len(taken) * it))] for name, it in named.items()}
    return ", ".join(f"{name} {1000 * seconds:.1f} ms" for name, seconds in at.items())


@contextmanager
def _sqlite(folder: Path) -> Iterator[dict[str, str]]:
    yield environment(folder)


@contextmanager
def _postgres(folder: Path) -> Iterator[dict[str, str]]:
    server = start_postgres(folder / "postgres", is_durable=True)
    try:
        url = asyncio.run(create_database(server, "measured"))
        yield environment(folder, DATABASE_URL=url, JWT_SECRET_KEY=SECRET)
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--on", choices=("sqlite", "postgres"))
    given = parser.parse_args()
    load = Load(given.messages, given.senders, given.seconds)
    for name, database in (("sqlite", _sqlite), ("postgres", _postgres)):
        if given.on in (None, name):
            with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as env:
                asyncio.run(measure(name, env, load))


if __name__ == "__main__":
    main()

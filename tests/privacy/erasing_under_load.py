"""What erasing costs the others: `python -m tests.privacy.erasing_under_load`.

A server as a process; somebody with ever so many messages in groups with somebody else; people
who send at a steady rate, one of them in one of these groups. How long sending waits beside an
export and beside an erasure, how long both take, and how much memory the server has needed at
most; on SQLite and on Postgres.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update

from fynix_cli.output import emit
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.bulk import bulk_insert
from fynix_server.settings import load_settings
from fynix_server.tables import Conversation, Message, new_id
from tests.end_to_end.server_process import ServerProcess
from tests.load.sending import DATABASES, SECRET, Sender, measured, register, run, tell
from tests.people import PASSWORD, open_client

BATCH_ROWS = 20_000
COLUMNS = (
    *("id", "conversation_id", "seq", "sender_id", "content", "client_message_id"),
    *("created_at", "updated_at"),
)


@dataclass(frozen=True)
class Load:
    """Messages of the one who goes, in how many groups; people who send; seconds of quiet."""

    messages: int
    groups: int
    senders: int
    seconds: float


async def measure(name: str, env: dict[str, str], load: Load) -> None:
    env = {
        **env,
        "FYNIX_PASSWORD": PASSWORD,
        "FYNIX_RATE_LIMITS": "off",
        "JWT_EXPIRE_MINUTES": "1440",
    }
    await run(env, "migrate")
    await run(env, "user", "create", "root", "--role", "admin")
    server = await ServerProcess.start(env)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.stop)
        await run(env, "login", "root", "--server", server.url)
        clients = [open_client(server.url) for _ in range(load.senders)]
        for client in clients:
            stack.push_async_callback(client.aclose)
        leaver_id, groups = await _meet(server.url, clients[0], load.groups)
        await _fill(env, UUID(leaver_id), groups, load.messages)
        senders = [Sender(clients[0], str(groups[0]))]
        senders += [await Sender.make(it, number) for number, it in enumerate(clients[1:])]
        alone, _ = await measured(senders, asyncio.sleep(load.seconds))
        exporting, exported = await measured(senders, _timed(server, _export(env)))
        erasing, erased = await measured(senders, _timed(server, _erase(env)))
    tell(name, {"alone": alone, "beside the export": exporting, "beside the erasure": erasing})
    emit(f"  export: {exported}")
    emit(f"  erasure: {erased}")


async def _meet(url: str, client: httpx.AsyncClient, count: int) -> tuple[str, list[UUID]]:
    """The one who goes, and their groups with whoever `client` is of from now on."""
    async with open_client(url) as leaver:
        leaver_id = await register(leaver, "leaver")
        other_id = await register(client, "stayer")
        groups = []
        for number in range(count):
            body = {"name": f"group {number}", "participant_ids": [other_id]}
            groups.append(UUID((await leaver.post("/api/conversations", json=body)).json()["id"]))
    return leaver_id, groups


async def _fill(env: dict[str, str], sender_id: UUID, groups: list[UUID], count: int) -> None:
    """Messages of theirs from the second number on, and the counters that go with them."""
    database = Database(
        load_settings(
            data_dir=Path(env["FYNIX_DATA_DIR"]),
            database_url=env.get("DATABASE_URL"),
            jwt_secret_key=SECRET,
        )
    )
    try:
        for group in groups:
            size = count // len(groups)
            rows = _messages(group, sender_id, size)
            while some := list(islice(rows, BATCH_ROWS)):
                async with database.write() as connection:
                    await bulk_insert(connection, Message, COLUMNS, some)
            async with database.write() as connection:
                counted = update(Conversation).where(Conversation.id == group)
                await connection.execute(counted.values(last_seq=size + 1, message_count=size))
    finally:
        await database.close()


def _messages(group: UUID, sender_id: UUID, count: int) -> Iterator[tuple[Any, ...]]:
    now = utc_now()
    for number in range(count):
        content = f"message {number} of somebody who has a lot to say, and wants it forgotten"
        yield (new_id(), group, number + 2, sender_id, content, f"key-{number:08}", now, now)


async def _timed(server: ServerProcess, work: Any) -> str:
    began = time.monotonic()
    told = await work
    seconds = time.monotonic() - began
    return f"{told} in {seconds:.1f} s; the server has needed {_peak_mib(server)} MiB at most"


def _peak_mib(server: ServerProcess) -> int:
    """Of its resident memory, since it was started."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    (line,) = [it for it in status.splitlines() if it.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024


async def _export(env: dict[str, str]) -> str:
    path = Path(env["FYNIX_DATA_DIR"]).parent / "leaver.zip"
    out = await run(env, *_words("export"), "--file", str(path))
    rows = json.loads(out)["files"]["messages.jsonl"]["rows"]
    return f"{rows} messages, {path.stat().st_size / 2**20:.1f} MiB"


async def _erase(env: dict[str, str]) -> str:
    certificate = json.loads(await run(env, *_words("erase"), "--yes"))
    return f"{certificate['counts']['messages']} messages"


def _words(act: str) -> Sequence[str]:
    return ("user", act, "leaver", "--reason", "measured", "-o", "json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--groups", type=int, default=10)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--on", choices=tuple(DATABASES))
    given = parser.parse_args()
    load = Load(given.messages, given.groups, given.senders, given.seconds)
    for name, database in DATABASES.items():
        if given.on in (None, name):
            with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as env:
                asyncio.run(measure(name, env, load))


if __name__ == "__main__":
    main()

"""How long sending waits while a cleanup runs: `python -m tests.maintenance.cleanup_under_load`.

A server as a process, people who send at a steady rate, and `fynix cleanup messages` beside it
on a database full of old messages; on SQLite and on Postgres.
"""

import argparse
import asyncio
import json
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fynix_cli.output import emit
from tests.end_to_end.server_process import ServerProcess
from tests.load.sending import DATABASES, Sender, measured, run, tell
from tests.people import open_client

MESSAGES_PER_CONVERSATION = 100


@dataclass(frozen=True)
class Load:
    """How many old messages, how many people who send, for how long."""

    messages: int
    senders: int
    seconds: float


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
    tell(name, {"without cleanup": alone, "with cleanup": beside})
    _tell_cleanup(report)


def _tell_cleanup(report: dict[str, Any]) -> None:
    removed = report["removed"].get("messages", 0)
    emit(
        f"  cleanup: {removed} rows in {report['batches']} batches, "
        f"{removed / report['seconds']:.0f} rows/s; locks held for {report['p99_lock_ms']} ms "
        f"at p99, {report['longest_lock_ms']} ms at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--on", choices=tuple(DATABASES))
    given = parser.parse_args()
    load = Load(given.messages, given.senders, given.seconds)
    for name, database in DATABASES.items():
        if given.on in (None, name):
            with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as env:
                asyncio.run(measure(name, env, load))


if __name__ == "__main__":
    main()

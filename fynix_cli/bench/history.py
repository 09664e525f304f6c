"""Reading in a database that has long been used: what it costs beside one that is new."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp

from fynix_cli.bench.figures import Latencies, Outcome
from fynix_cli.bench.process import run_to_its_end
from fynix_cli.bench.server import BenchServer, ServerOptions, bench_server, environment
from fynix_cli.errors import CommandError
from fynix_cli.output import progress, talk

PASSWORD = "measured by fynix bench"  # noqa: S105 - of people made up for the run
_FYNIX = (sys.executable, "-c", "from fynix_cli.main import main; main()")
_MESSAGES_OF_A_CONVERSATION = 200
_PAGE = 50


async def reading(messages: int, requests: int, cpu: int | None) -> Outcome:
    """Fill a fresh SQLite with `fynix seed`, and time each kind of page so many times."""
    person = ""

    async def fill(folder: Path) -> None:
        nonlocal person
        person = await _seed(folder, messages)

    figures: dict[str, float] = {}
    async with bench_server(ServerOptions(cpu=cpu, prepare=fill)) as server:
        async with aiohttp.ClientSession() as http:
            reader = await _Reader.log_in(http, server, person)
            pages = await reader.pages()
            with progress("Reading", requests * len(pages)) as advance:
                for name, path in pages.items():
                    latencies = Latencies()
                    await reader.took(path)  # whatever is done once
                    for _ in range(requests):
                        latencies.note(await reader.took(path))
                        advance(1)
                    figures |= {f"{name}_{it}": at for it, at in latencies.figures().items()}
        figures["server_memory_mib"] = server.resident_bytes() / 2**20
    parameters: dict[str, object] = {"messages": messages, "requests": requests, "cpu": cpu}
    return Outcome("history", parameters, figures)


async def _seed(folder: Path, messages: int) -> str:
    """Make conversations with so many messages; the name of somebody who takes part."""
    talk(f"fynix bench: filling a database with {messages} messages")
    env = environment(folder) | {"FYNIX_PASSWORD": PASSWORD}
    conversations = max(1, messages // _MESSAGES_OF_A_CONVERSATION)
    await run_to_its_end((*_FYNIX, "migrate"), env)
    counts = ("--messages", str(messages), "--conversations", str(conversations))
    made: dict[str, Any] = json.loads(
        await run_to_its_end((*_FYNIX, "seed", *counts, "-o", "json"), env)
    )
    return str(made["usernames"][0])


class _Reader:
    """Somebody who has been there from the start."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def log_in(cls, http: aiohttp.ClientSession, server: BenchServer, name: str) -> "_Reader":
        body = {"username": name, "password": PASSWORD}
        async with http.post(server.url + "/api/auth/login", json=body) as answer:
            if not answer.ok:
                raise CommandError(f"{name}, whom the seed has made, cannot log in")
            token = str((await answer.json())["access_token"])
        return cls(http, server.url, token)

    async def pages(self) -> dict[str, str]:
        """The kinds of pages, by name: of the longest conversation, the list of all, and one
        conversation alone, of which most is counting what is unread."""
        listing = "/api/conversations?page_size=20"
        everything = (await self._get(listing))["conversations"]
        longest = max(everything, key=lambda it: int(it["last_seq"]))
        messages = f"/api/conversations/{longest['id']}/messages?limit={_PAGE}"
        middle = int(longest["last_seq"]) // 2
        return {
            "newest_page": messages,
            "older_page": f"{messages}&before_seq={middle}",
            "missed_page": f"{messages}&after_seq={middle}",
            "conversations": listing,
            "unread": f"/api/conversations/{longest['id']}",
        }

    async def took(self, path: str) -> float:
        began = time.perf_counter()
        await self._get(path)
        return time.perf_counter() - began

    async def _get(self, path: str) -> dict[str, Any]:
        async with self._http.get(self._url + path, headers=self._headers) as answer:
            text = await answer.read()
            if not answer.ok:
                raise CommandError(f"the server refused to read {path}: status {answer.status}")
        found: dict[str, Any] = json.loads(text)
        return found

"""Reading in a database that has long been used: what it costs beside one that is new."""

import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from fynix_cli.bench.figures import Latencies, Outcome
from fynix_cli.bench.process import run_to_its_end
from fynix_cli.bench.server import BenchServer, ServerOptions, bench_server, environment
from fynix_cli.client.live_line import CURSORS_PER_RESUME
from fynix_cli.errors import CommandError
from fynix_cli.output import progress, talk

PASSWORD = "measured by fynix bench"  # noqa: S105 - of people made up for the run
_FYNIX = (sys.executable, "-c", "from fynix_cli.main import main; main()")
_MESSAGES_OF_A_CONVERSATION = 200
_PAGE = 50
Read = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class History:
    """What there is to read: `messages` in all, and `conversations` of the one who reads.

    `requests`: how often each kind of page is read.
    """

    messages: int
    conversations: int
    requests: int
    stack: str
    cpu: int | None


async def reading(history: History) -> Outcome:
    """Fill a fresh database with `fynix seed`, and time each kind of page."""
    seeded: dict[str, Any] = {}

    async def fill(folder: Path) -> None:
        seeded.update(await _seed(folder, history))

    figures: dict[str, float] = {}
    options = ServerOptions(stack=history.stack, cpu=history.cpu, prepare=fill)
    async with bench_server(options) as server, aiohttp.ClientSession() as http:
        reader = await _Reader.log_in(http, server, str(seeded["usernames"][0]))
        kinds = await reader.kinds()
        with progress("Reading", history.requests * len(kinds)) as advance:
            for name, read in kinds.items():
                latencies = Latencies()
                await read()  # whatever is done once
                for _ in range(history.requests):
                    began = time.perf_counter()
                    await read()
                    latencies.note(time.perf_counter() - began)
                    advance(1)
                figures |= {f"{name}_{it}": at for it, at in latencies.figures().items()}
        figures["server_memory_mib"] = server.resident_bytes() / 2**20
    figures["seed_seconds"] = seeded["seconds"]
    return Outcome("history", asdict(history), figures)


async def _seed(folder: Path, history: History) -> dict[str, Any]:
    """Make what there is to read; what `fynix seed` said of it, and `seconds` that it took."""
    talk(f"fynix bench: filling a database with {history.messages} messages")
    env = environment(folder) | {"FYNIX_PASSWORD": PASSWORD}
    conversations = max(history.messages // _MESSAGES_OF_A_CONVERSATION, history.conversations + 1)
    counts = (
        *("--messages", str(history.messages), "--conversations", str(conversations)),
        *("--popular", str(history.conversations)),
    )
    with _database(folder, history.stack) as urls:
        await run_to_its_end((*_FYNIX, "migrate"), env | urls)
        began = time.perf_counter()
        said = await run_to_its_end((*_FYNIX, "seed", *counts, "-o", "json"), env | urls)
        made: dict[str, Any] = json.loads(said)
        return made | {"seconds": time.perf_counter() - began}


@contextmanager
def _database(folder: Path, stack: str) -> Iterator[dict[str, str]]:
    """The database that `fynix serve` has later, as an environment: of the full stack it is the
    same Postgres, on the same data."""
    if stack != "full":
        yield {}
        return
    from fynix_cli.stack import full_stack

    with full_stack(folder / "data") as urls:
        yield {"DATABASE_URL": urls.database_url}


class _Reader:
    """Somebody who has been there from the start."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str, name: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._name = name

    @classmethod
    async def log_in(cls, http: aiohttp.ClientSession, server: BenchServer, name: str) -> "_Reader":
        body = {"username": name, "password": PASSWORD}
        async with http.post(server.url + "/api/auth/login", json=body) as answer:
            if not answer.ok:
                raise CommandError(f"{name}, whom the seed has made, cannot log in")
            token = str((await answer.json())["access_token"])
        return cls(http, server.url, token, name)

    async def kinds(self) -> dict[str, Read]:
        """The kinds of reading, by name: pages of their longest conversation, the list of all,
        one conversation alone, of which most is counting what is unread, people by the beginning
        of their name, and coming back with nothing missed."""
        listing = "/api/conversations?page_size=20"
        everything = (await self._get(listing))["conversations"]
        longest = max(everything, key=lambda it: int(it["last_seq"]))
        messages = f"/api/conversations/{longest['id']}/messages?limit={_PAGE}"
        middle = int(longest["last_seq"]) // 2
        pages = {
            "newest_page": messages,
            "older_page": f"{messages}&before_seq={middle}",
            "missed_page": f"{messages}&after_seq={middle}",
            "conversations": listing,
            "unread": f"/api/conversations/{longest['id']}",
            "people": f"/api/users?q={self._name[:-2]}",
        }
        return {
            **{name: partial(self._get, path) for name, path in pages.items()},
            "resume": partial(self._resume, await self._resume({})),
        }

    async def _get(self, path: str) -> dict[str, Any]:
        async with self._http.get(self._url + path, headers=self._headers) as answer:
            text = await answer.read()
            if not answer.ok:
                raise CommandError(f"the server refused to read {path}: status {answer.status}")
        found: dict[str, Any] = json.loads(text)
        return found

    async def _resume(self, cursors: dict[str, int]) -> dict[str, int]:
        """Connect and come back from `cursors`; where all their conversations stand."""
        async with connect(
            self._url.replace("http", "ws", 1) + "/api/ws",
            additional_headers=self._headers,
            subprotocols=[Subprotocol("fynix.v1")],
            compression=None,
            max_size=None,
            proxy=None,
        ) as socket:
            standing: dict[str, int] = {}
            named = list(cursors.items())
            for at in range(0, len(named) or 1, CURSORS_PER_RESUME):
                part = named[at : at + CURSORS_PER_RESUME]
                await socket.send(json.dumps({"type": "resume", "cursors": dict(part)}))
                standing = await _resumed(socket)
        return standing


async def _resumed(socket: ClientConnection) -> dict[str, int]:
    async for text in socket:
        frame = json.loads(text)
        if frame["type"] == "resumed":
            found: dict[str, int] = frame["cursors"]
            return found
    raise CommandError("the server has closed the socket of somebody who came back")

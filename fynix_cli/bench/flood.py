"""Many who send as fast as they can, and what everybody else notices of it."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from fynix_cli.bench.figures import Outcome
from fynix_cli.bench.flooders import Flooder, FloodOrder
from fynix_cli.bench.pairs import Load, at_rate, measured
from fynix_cli.bench.people import Crowd, Somebody, crowd_at
from fynix_cli.bench.server import BenchServer
from fynix_cli.bench.together import together
from fynix_cli.errors import CommandError

WARM_UP_SECONDS = 2.0
LOOK_SECONDS = 0.25
_CONNECT_SECONDS = 0.1
_PAGE = 100
_FLOOD = (sys.executable, "-m", "fynix_cli.bench.flooders")


@dataclass(frozen=True)
class FloodLoad:
    """`connections` that flood for `seconds`, and `pairs` who say `rate` messages a second."""

    connections: int
    via: str
    seconds: float
    pairs: int
    rate: float


async def flood(server: BenchServer, load: FloodLoad) -> Outcome:
    """Measure the pairs while the others flood; then look for all that was acknowledged.

    Raises: CommandError (a pair was refused, too).
    """
    async with crowd_at(server.url) as crowd:
        *flooders, victim = await crowd.register(load.connections + 1)
        conversations = await together(crowd.begin_dm(it, victim) for it in flooders)
        order = FloodOrder(
            server.url,
            load.via,
            WARM_UP_SECONDS + load.seconds,
            _CONNECT_SECONDS,
            [Flooder(it.token, at) for it, at in zip(flooders, conversations, strict=True)],
        )
        run = _Run(server, order)
        pairs = Load(load.pairs, "ws", load.seconds, WARM_UP_SECONDS)
        outcome = await measured("flood", server, pairs, at_rate("ws", load.rate), run.flooding())
        owners = dict(zip(conversations, flooders, strict=True))
        lost = await _count_lost(crowd, owners, run.answers["acknowledged"])
    outcome.parameters = asdict(load)
    del outcome.figures["messages_per_second"]
    outcome.figures.pop("server_cpu_ms_per_message", None)
    outcome.figures |= run.figures() | {"acknowledged_lost": lost}
    return outcome


class _Run:
    """The flood, and how much memory the server took meanwhile."""

    def __init__(self, server: BenchServer, order: FloodOrder) -> None:
        self._server = server
        self._order = order
        self._before = self._peak = server.resident_bytes()
        self.answers: dict[str, Any] = {}

    @asynccontextmanager
    async def flooding(self) -> AsyncIterator[None]:
        """It begins with the block, and has ended when that ends."""
        process = await asyncio.create_subprocess_exec(
            *_FLOOD, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        talking = asyncio.create_task(process.communicate(json.dumps(asdict(self._order)).encode()))
        watching = asyncio.create_task(self._watch_memory())
        try:
            yield
            said, _ = await talking
        finally:
            watching.cancel()
            talking.cancel()
            # The server may have ended under it: that is told by whoever talks to it.
            await asyncio.gather(watching, talking, return_exceptions=True)
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise CommandError("the process that floods has failed")
        self.answers = json.loads(said)

    async def _watch_memory(self) -> None:
        while True:
            self._peak = max(self._peak, self._server.resident_bytes())
            await asyncio.sleep(LOOK_SECONDS)

    def figures(self) -> dict[str, float]:
        """How often each answer was given, and memory before and at its highest."""
        statuses: dict[str, int] = self.answers["statuses"]
        stored = sum(count for status, count in statuses.items() if status in ("200", "201"))
        named = {"429": "limited_429", "503": "full_503", "0": "broken_off"}
        figures: dict[str, float] = {"acknowledged": stored}
        figures |= {name: statuses.get(status, 0) for status, name in named.items()}
        others = sum(statuses.values()) - sum(figures.values())
        figures["answered_otherwise"] = others
        figures |= {f"closed_{it}": count for it, count in self.answers["closes"].items()}
        figures |= {
            f"handshakes_refused_{it}": count
            for it, count in self.answers["refused_connections"].items()
        }
        if self._server.is_measurable:
            figures["server_memory_mib_before"] = self._before / 2**20
            figures["server_memory_mib_peak"] = self._peak / 2**20
        return figures


async def _count_lost(
    crowd: Crowd, owners: dict[str, Somebody], acknowledged: dict[str, list[str]]
) -> int:
    """How many of the acknowledged messages are not in their conversations, or not once."""

    async def of(conversation_id: str, keys: list[str]) -> int:
        found: Counter[str] = Counter()
        path, seen, has_next = f"/api/conversations/{conversation_id}/messages", 0, True
        while has_next:
            page = await crowd.get(
                f"{path}?after_seq={seen}&limit={_PAGE}", owners[conversation_id]
            )
            found.update(it["client_message_id"] for it in page["messages"])
            has_next = page["has_next"]
            seen = page["messages"][-1]["seq"] if page["messages"] else seen
        return sum(found[key] != 1 for key in keys)

    return sum(await together(of(*it) for it in acknowledged.items()))

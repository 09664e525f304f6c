"""Many sockets: what a message to a large group costs, and what an idle connection does."""

import asyncio
import time

from fynix_cli.bench.figures import Latencies, Outcome, costs_of
from fynix_cli.bench.pairs import TEXT
from fynix_cli.bench.people import Crowd, Somebody, crowd_at
from fynix_cli.bench.server import BenchServer
from fynix_cli.bench.together import together
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import progress
from fynix_server.protocol.conversations import MAX_GROUP_PARTICIPANTS

SETTLE_SECONDS = 1.0
DEADLINE_SECONDS = 60.0
_OPENED_AT_ONCE = 32


async def fan_out(server: BenchServer, members: int, messages: int) -> Outcome:
    """One after the other, messages to a group of which everybody is connected."""
    assert members <= MAX_GROUP_PARTICIPANTS  # noqa: S101 - the command has refused it
    latencies, last = Latencies(), Latencies()
    async with crowd_at(server.url) as crowd:
        people = await crowd.register(members)
        group = await crowd.begin_group(people)
        everybody = _Audience(members)
        await _open(crowd, people, everybody)
        await everybody.send(crowd, people[0], group)  # whatever is done once
        everybody.latencies, everybody.last = latencies, last
        with costs_of(server) as costs, progress("Sending", messages) as advance:
            for _ in range(messages):
                await everybody.send(crowd, people[0], group)
                crowd.check()
                advance(1)
    deliveries = members * messages
    figures = {"deliveries_per_second": deliveries / costs.wall_seconds} | latencies.figures()
    figures |= {f"last_{name}": value for name, value in last.figures().items()}
    if server.is_measurable:
        figures["server_cpu_us_per_delivery"] = 1e6 * costs.server_cpu_seconds / deliveries
        figures["server_memory_mib"] = server.resident_bytes() / 2**20
    parameters: dict[str, object] = {"members": members, "messages": messages}
    return Outcome("fanout", parameters, figures, latencies, costs.is_generator_bound)


class _Audience:
    """The members of the group, as far as the current message has come among them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heard = 0
        self._sent_at = 0.0
        self._complete = asyncio.Event()
        self.latencies: Latencies | None = None
        self.last: Latencies | None = None

    def hear(self, frame: str) -> None:
        if not frame.startswith('{"type":"new_message"'):
            return
        self._heard += 1
        took = time.perf_counter() - self._sent_at
        if self.latencies is not None:
            self.latencies.note(took)
        if self._heard == self._size:
            if self.last is not None:
                self.last.note(took)
            self._complete.set()

    async def send(self, crowd: Crowd, sender: Somebody, group: str) -> None:
        """Send a message, and return once the last of them has it.

        Raises: CommandError (the server refuses it, or somebody does not get it in time).
        """
        self._heard, self._sent_at = 0, time.perf_counter()
        self._complete.clear()
        await crowd.post(f"/api/conversations/{group}/messages", {"content": TEXT}, sender)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self._complete.wait()
        except TimeoutError:
            crowd.check()
            raise CommandError(
                f"{self._size - self._heard} of {self._size} members did not get a message "
                f"within {DEADLINE_SECONDS:.0f} s",
                exit_code=ExitCode.TIMED_OUT,
            ) from None


async def idle(server: BenchServer, connections: int, per_person: int) -> Outcome:
    """Memory of the server with connections on which nothing happens, above that without."""
    async with crowd_at(server.url) as crowd:
        people = await crowd.register(-(-connections // per_person))
        # The first few make what is made once.
        await _open(crowd, people[:1], None)
        await asyncio.sleep(SETTLE_SECONDS)
        before = server.resident_bytes()
        wanted = [people[number % len(people)] for number in range(1, connections)]
        await _open(crowd, wanted, None)
        await asyncio.sleep(SETTLE_SECONDS)
        crowd.check()
        after = server.resident_bytes()
        with costs_of(server) as costs:
            await asyncio.sleep(3 * SETTLE_SECONDS)
    figures = {
        "server_kib_per_connection": (after - before) / 1024 / max(1, connections - 1),
        "server_memory_mib": after / 2**20,
        "server_cpu_percent": 100 * costs.server_cpu_seconds / costs.wall_seconds,
    }
    return Outcome("idle", {"connections": connections, "per_person": per_person}, figures)


async def _open(crowd: Crowd, people: list[Somebody], audience: _Audience | None) -> None:
    hear = audience.hear if audience is not None else _ignore
    with progress("Connecting", len(people)) as advance:
        for at in range(0, len(people), _OPENED_AT_ONCE):
            batch = people[at : at + _OPENED_AT_ONCE]
            await together(crowd.listen(it, hear) for it in batch)
            advance(len(batch))


def _ignore(_frame: str) -> None:
    """Nothing is expected of an idle connection."""

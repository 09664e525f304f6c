"""Faults on a schedule that a seed decides: what, when, where and for how long."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.faults.torture.cluster import Cluster, Instance

MEAN_PAUSE_SECONDS = 2.0
Fault = Callable[[], Awaitable[None]]


class Schedule:
    """Does one fault after another, some of them at once, until it is told to heal."""

    def __init__(self, cluster: Cluster, seed: int, say: Callable[[str], None]) -> None:
        self.counts: Counter[str] = Counter()
        self._cluster = cluster
        self._rng = random.Random(f"{seed} faults")
        self._say = say
        self._running: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()
        self._faults: dict[str, tuple[int, str, Fault]] = {
            # How often, what it keeps busy, and what is done.
            "instance killed (-9)": (4, "instance", self._kill_instance),
            "instance asked to leave": (2, "instance", self._leave_instance),
            "instance paused": (2, "instance", self._pause_instance),
            "Postgres killed (-9)": (1, "postgres", self._kill_postgres),
            "database stalled": (2, "database", self._stall_database),
            "database lines cut": (3, "database", self._cut_database),
            "Valkey killed, back empty": (2, "valkey", self._kill_valkey),
            "Valkey paused": (1, "valkey", self._pause_valkey),
            "bus line stalled": (2, "bus", self._stall_bus),
            "bus lines cut": (3, "bus", self._cut_bus),
            "bus events dropped, doubled, swapped": (6, "events", self._spoil_events),
            "client lines cut": (8, "clients", self._cut_clients),
            "client lines stalled": (2, "clients", self._stall_clients),
            "client lines slow": (2, "clients", self._slow_clients),
        }

    async def run(self, seconds: float) -> None:
        """Inject faults for so long; afterwards everything is whole again."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            await asyncio.sleep(self._rng.expovariate(1 / MEAN_PAUSE_SECONDS))
            name = self._rng.choices(
                list(self._faults), [weight for weight, _, _ in self._faults.values()]
            )[0]
            _, place, fault = self._faults[name]
            if place not in self._busy and loop.time() < until:
                self._inject(name, place, fault)
        await asyncio.gather(*self._running)
        self._cluster.bus_faults.heal()
        await self._cluster.all_up()

    def _inject(self, name: str, place: str, fault: Fault) -> None:
        async def injected() -> None:
            try:
                await fault()
            finally:
                self._busy.discard(place)

        self.counts[name] += 1
        self._busy.add(place)
        self._say(f"fault: {name}")
        task = asyncio.create_task(injected(), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _instance(self) -> Instance:
        return self._rng.choice(self._cluster.instances)

    async def _for(self, least: float, most: float) -> None:
        await asyncio.sleep(self._rng.uniform(least, most))

    # ── instances ────────────────────────────────────────────────────────────────────────────

    async def _kill_instance(self) -> None:
        instance = self._instance()
        await instance.kill()
        await self._for(1, 3)

    async def _leave_instance(self) -> None:
        await self._instance().leave()
        await self._for(1, 3)

    async def _pause_instance(self) -> None:
        await self._instance().pause(self._rng.uniform(0.5, 4))

    # ── services ─────────────────────────────────────────────────────────────────────────────

    async def _kill_postgres(self) -> None:
        postgres = self._cluster.postgres
        await asyncio.to_thread(postgres.kill)
        await self._for(0.2, 3)
        await asyncio.to_thread(postgres.start_again)
        await self._for(2, 4)

    async def _stall_database(self) -> None:
        line = self._instance().database_line
        line.stall()
        await self._for(0.5, 6)
        line.go_on()

    async def _cut_database(self) -> None:
        self._instance().database_line.cut(lambda: self._rng.random() < 0.7)

    async def _kill_valkey(self) -> None:
        valkey = self._cluster.valkey
        await asyncio.to_thread(valkey.kill)
        await self._for(0.2, 4)
        await asyncio.to_thread(valkey.start_again)

    async def _pause_valkey(self) -> None:
        self._cluster.valkey.pause()
        await self._for(0.5, 5)
        self._cluster.valkey.go_on()

    async def _stall_bus(self) -> None:
        line = self._instance().bus_line
        line.stall()
        await self._for(0.5, 6)
        line.go_on()

    async def _cut_bus(self) -> None:
        self._instance().bus_line.cut()

    async def _spoil_events(self) -> None:
        faults = self._cluster.bus_faults
        faults.drop, faults.double, faults.swap = (self._rng.uniform(0, 0.4) for _ in range(3))
        await self._for(2, 8)
        faults.heal()

    # ── clients ──────────────────────────────────────────────────────────────────────────────

    async def _cut_clients(self) -> None:
        share = self._rng.choice((0.1, 0.5, 1.0))
        self._cluster.clients.cut(lambda: self._rng.random() < share)

    async def _stall_clients(self) -> None:
        self._cluster.clients.stall()
        await self._for(0.3, 4)
        self._cluster.clients.go_on()

    async def _slow_clients(self) -> None:
        self._cluster.clients.delay_seconds = self._rng.uniform(0.02, 0.3)
        await self._for(2, 6)
        self._cluster.clients.delay_seconds = 0.0

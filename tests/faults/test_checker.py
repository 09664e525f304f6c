"""The checker finds every kind of bug that is planted, and nothing where there is none.

Two instances in this process, real sockets, Postgres and Valkey: lines of clients are cut and
bus events lost on the way, so that resuming, retrying and gap filling have work to do.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from fynix_cli.line_proxy import Proxy
from fynix_cli.stack.valkey import Valkey
from fynix_server.app import create_app
from fynix_server.settings import Settings, load_settings
from tests.conftest import COMMON
from tests.faults.bus_faults import BusFaults
from tests.faults.torture.bystanders import say_last_words, try_as_stranger
from tests.faults.torture.checker import broken, check, table
from tests.faults.torture.history import Send
from tests.faults.torture.planted import PLANTS, Plant
from tests.faults.torture.truth import Truth, read_truth
from tests.faults.torture.verdict import Verdict
from tests.faults.torture.workload import Pace, Workload
from tests.faults.torture.world import make_world
from tests.running import run_app

CUTS = 4
SENDS_BETWEEN_CUTS = 20
CUTS_TO_FIND = 1
RUNS_TO_FIND = 10
"""Short and many: most bugs show in the first, and none is missed that needs long."""
DEADLINE_SECONDS = 30.0
CATCH_UP_SECONDS = 3.0


@dataclass
class Lines:
    """The proxies of a small cluster."""

    clients: Proxy
    bus_faults: BusFaults
    settings: Settings

    @property
    def server(self) -> str:
        return f"http://127.0.0.1:{self.clients.port}"


@pytest.fixture(params=["full"])
def stack(request: pytest.FixtureRequest) -> str:
    """Two instances need a bus between them."""
    return str(request.param)


@pytest.fixture
async def lines(settings: Settings, valkey: Valkey) -> AsyncIterator[Lines]:
    faults = BusFaults(random.Random(1), drop=0.2, double=0.1, swap=0.1)
    async with AsyncExitStack() as stack:

        async def run_proxy(proxy: Proxy) -> Proxy:
            await proxy.start()
            stack.push_async_callback(proxy.close)
            return proxy

        bus = await run_proxy(Proxy(valkey.port, tamper=faults.line))
        clients = await run_proxy(Proxy())
        url = settings.redis_url.replace(f":{valkey.port}", f":{bus.port}")
        same = load_settings(
            **COMMON,
            database_url=settings.database_url,
            redis_url=url,
            data_dir=settings.data_dir,
            rate_limit_messages="40/2",
            rate_limit_api="100000/60",
            rate_limit_login="100000/60",
            rate_limit_ws_connect="100000/60",
        )
        for _ in range(2):
            server = await stack.enter_async_context(run_app(create_app(same)))
            clients.upstreams.append(int(server.rsplit(":", 1)[1]))
        yield Lines(clients, faults, same)


async def _converse(lines: Lines, seed: int = 1, *, cuts: int) -> list[Verdict]:
    """A small run, with the lines of the clients cut so often; what the checker says."""
    world = await make_world(lines.server, people_count=5, group_count=2, suffix=f"_{seed}")
    workload = Workload(world, seed, pace=Pace(send=0.05, meddle=0.05, churn=0.15))
    await workload.start()
    async with asyncio.timeout(DEADLINE_SECONDS):
        for _ in range(cuts):
            await world.history.more_of(Send, SENDS_BETWEEN_CUTS)
            lines.clients.cut()
        await world.history.more_of(Send, SENDS_BETWEEN_CUTS)
    await workload.finish()
    # What the bus lost last shows by what follows, sooner than the reconciler would find it.
    lines.bus_faults.heal()
    await say_last_words(world)
    await try_as_stranger(world)

    async def read() -> Truth:
        return await read_truth(lines.settings)

    truth = await workload.catch_up(read, CATCH_UP_SECONDS)
    assert workload.problems == []
    return check(world.history, truth)


async def test_without_a_bug_no_promise_is_broken(lines: Lines) -> None:
    verdicts = await _converse(lines, cuts=CUTS)

    assert broken(verdicts) == [], table(verdicts)
    assert [it.promise for it in verdicts if not it.observations] == []


@pytest.mark.parametrize("plant", PLANTS, ids=lambda it: it.__name__)
async def test_the_checker_finds_a_server_that(
    plant: Plant, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    # What goes wrong one time in five may not show in a run as short as these.
    for seed in range(RUNS_TO_FIND):
        verdicts = await _converse(lines, seed, cuts=CUTS_TO_FIND)
        if PLANTS[plant] in broken(verdicts):
            return

    pytest.fail(f"not found: {PLANTS[plant]}\n{table(verdicts)}")

"""What holds while Redis is away."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fynix_cli.stack.valkey import Valkey
from fynix_server.errors import RateLimited
from fynix_server.rate_limit import RateLimiter
from fynix_server.redis_client import open_redis
from fynix_server.settings import load_settings
from tests.rate_limit.conftest import FixedClock
from tests.stacks import valkey_server

DEADLINE_SECONDS = 10.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of this test alone, which it may kill."""
    server = valkey_server(tmp_path)
    yield server
    server.stop()


@pytest.fixture
async def limiter(server: Valkey, clock: FixedClock) -> AsyncIterator[RateLimiter]:
    settings = load_settings(redis_url=server.url())
    client = open_redis(settings, timeout_seconds=0.5)
    yield RateLimiter(client, settings, clock)
    await client.aclose()


async def _accepted(limiter: RateLimiter, key: str, attempts: int) -> int:
    answers = await asyncio.gather(
        *(limiter.consume("messages", key) for _ in range(attempts)), return_exceptions=True
    )
    refusals = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(refusal, RateLimited) for refusal in refusals)
    return attempts - len(refusals)


async def test_the_limit_holds_per_instance_while_redis_is_away(
    server: Valkey, limiter: RateLimiter, clock: FixedClock
) -> None:
    server.kill()

    assert await _accepted(limiter, "alice", 100) == 30
    assert await _accepted(limiter, "alice", 10) == 0
    clock.advance(60)
    assert await _accepted(limiter, "alice", 100) == 30


async def test_what_was_counted_here_can_be_given_back_here(
    server: Valkey, limiter: RateLimiter
) -> None:
    server.kill()
    for _ in range(3):
        await limiter.consume("messages", "alice", "a retry")
    assert await _accepted(limiter, "alice", 31) == 29

    await limiter.give_back("messages", "alice", "a retry")

    assert await _accepted(limiter, "alice", 5) == 1


async def test_an_outage_is_logged_once_and_so_is_its_end(
    server: Valkey, limiter: RateLimiter
) -> None:
    with capture_logs() as logs:
        await limiter.consume("messages", "alice")
        server.kill()
        await _accepted(limiter, "alice", 20)
        await _accepted(limiter, "alice", 20)
        server.start_again()
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not any(entry["event"] == "rate_limits_shared_again" for entry in logs):
                await limiter.consume("api", "alice")
                await asyncio.sleep(0.05)

    assert [entry["event"] for entry in logs] == [
        "rate_limits_fell_back",
        "rate_limits_shared_again",
    ]


async def test_only_one_in_a_second_waits_for_a_redis_that_does_not_answer(
    clock: FixedClock,
) -> None:
    asked = 0

    async def never_answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await _reader.read()
        writer.close()

    silent = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    settings = load_settings(redis_url=f"redis://127.0.0.1:{port}/0")
    client = open_redis(settings, timeout_seconds=0.2)
    limiter = RateLimiter(client, settings, clock)
    await limiter.consume("messages", "alice")
    asked_for_the_first = asked

    began = time.monotonic()
    for _ in range(20):
        await limiter.consume("messages", "alice")

    assert time.monotonic() - began < 0.5
    assert asked == asked_for_the_first
    await client.aclose()
    silent.close()


async def test_strangers_without_number_do_not_fill_the_memory(
    server: Valkey, limiter: RateLimiter
) -> None:
    server.kill()
    await limiter.consume("messages", "first")

    for number in range(10_001):
        await limiter.consume("messages", f"stranger {number}")

    # The window of the first was dropped to make room: it begins anew.
    assert (await limiter.consume("messages", "first")).remaining == 29

"""A line to Redis that dies unnoticed is replaced, whatever the event loop makes of it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from fynix_cli.stack.valkey import Valkey
from fynix_server.redis_client import RedisClient, open_redis
from fynix_server.settings import load_settings
from tests.conftest import COMMON

Act = Callable[[RedisClient], Awaitable[object]]


@pytest.mark.parametrize(
    "act",
    [lambda redis: redis.ping(), lambda redis: redis.publish("channel", "event")],
    ids=["ping", "publish"],
)
def test_on_uvloop_a_command_on_a_closed_line_goes_over_a_new_one(
    act: Act, valkey: Valkey, tmp_path: Path
) -> None:
    settings = load_settings(**COMMON, redis_url=valkey.url(), data_dir=tmp_path)

    async def use_a_dead_line() -> object:
        redis = open_redis(settings)
        await redis.ping()
        connection = await redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
        connection._writer.transport.abort()
        await redis.connection_pool.release(connection)
        answer = await act(redis)
        await redis.aclose()
        return answer

    assert uvloop.run(use_a_dead_line()) in (True, 0)

"""Redis: a real one, fakeredis, one that drops what it should keep, and none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from fynix_cli.checkup.check import State
from fynix_cli.checkup.redis import check_redis
from fynix_cli.checkup.surroundings import Problem, Surroundings
from fynix_cli.stack.valkey import Valkey, start_valkey
from fynix_server.settings import Settings, load_settings
from tests.checkup.findings import findings, findings_around
from tests.conftest import COMMON


def at(url: str) -> Settings:
    return load_settings(redis_url=url, **COMMON)


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """One whose settings a test may change."""
    server = start_valkey(tmp_path / "valkey")
    yield server
    server.stop()


def configure(server: Valkey, **options: str) -> None:
    with redis.from_url(server.url()) as client:
        for name, value in options.items():
            client.config_set(name.replace("_", "-"), value)


async def test_fakeredis_says_that_it_is_none() -> None:
    found = await findings(check_redis, at("fakeredis://"))

    assert found["answers"].state is State.ok
    assert found["answers"].found.startswith("fakeredis")
    assert set(found) == {"answers"}


async def test_a_redis_as_it_should_be_is_well_and_tells_no_password(valkey: Valkey) -> None:
    found = await findings(check_redis, at(valkey.url()))

    assert {name: it.state for name, it in found.items()} == {
        "answers": State.ok,
        "memory": State.ok,
        "pubsub": State.ok,
    }
    assert found["answers"].found.startswith("Valkey ")
    assert valkey.url().split("@")[0] not in str(found)


async def test_a_redis_that_may_drop_limits_is_a_warning(own_valkey: Valkey) -> None:
    configure(own_valkey, maxmemory="64mb", maxmemory_policy="allkeys-lru")

    found = await findings(check_redis, at(own_valkey.url()))

    assert found["memory"].state is State.warning
    assert "allkeys-lru" in found["memory"].found
    assert "noeviction" in str(found["memory"].mend)
    assert found["pubsub"].state is State.ok


async def test_a_redis_that_is_nearly_full_is_a_warning(own_valkey: Valkey) -> None:
    with redis.from_url(own_valkey.url()) as client:
        used = client.info("memory")["used_memory"]
    configure(own_valkey, maxmemory=str(int(used * 1.02)))

    found = await findings(check_redis, at(own_valkey.url()))

    assert found["memory"].state is State.warning
    assert "nearly full" in found["memory"].found


async def test_a_user_that_may_not_publish_is_told(own_valkey: Valkey) -> None:
    with redis.from_url(own_valkey.url()) as client:
        client.acl_setuser(
            "narrow", enabled=True, passwords=["+letters"], commands=["+@all"], keys=["*"]
        )
    url = f"redis://narrow:letters@127.0.0.1:{own_valkey.port}/0"

    found = await findings(check_redis, at(url))

    assert found["answers"].state is State.failed
    assert "ACL SETUSER" in str(found["answers"].mend)


async def test_a_wrong_password_is_told_as_such(valkey: Valkey) -> None:
    found = await findings(check_redis, at(f"redis://:wrong@127.0.0.1:{valkey.port}/0"))

    assert found["answers"].state is State.failed
    assert "refuses the name or the password" in found["answers"].found


async def test_a_redis_that_is_away_is_a_failure(valkey: Valkey) -> None:
    found = await findings(check_redis, at("redis://:hidden-password@127.0.0.1:9/0"))

    assert found["answers"].state is State.failed
    assert "nobody answers at 127.0.0.1:9" in found["answers"].found
    assert "hidden-password" not in str(found)


async def test_a_redis_that_is_silent_is_not_waited_for(own_valkey: Valkey) -> None:
    own_valkey.pause()

    found = await findings(check_redis, at(own_valkey.url()))

    own_valkey.go_on()
    assert found["answers"].state is State.failed


async def test_a_url_that_cannot_be_used_skips_it() -> None:
    problem = Problem("REDIS_URL", "redis_url", "unknown scheme", "write one")

    found = await findings_around(check_redis, Surroundings(at("fakeredis://"), (problem,)))

    assert found["answers"].found == "skipped: REDIS_URL cannot be used"

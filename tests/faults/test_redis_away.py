"""Redis killed, paused, restarted empty, behind a dead line, or never there."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from structlog.testing import capture_logs

from fynix_cli.line_proxy import Tamper
from fynix_cli.stack.valkey import Valkey
from tests.faults.instances import (
    BreaksAt,
    Cluster,
    Instance,
    eventually,
    send_over,
    tell,
    took,
    two_friends,
)
from tests.people import Live, Person

BOUND_SECONDS = 5.0
"""Who asks Redis as it goes waits for its timeout of 1 s, nobody after; and a slow machine."""


class Outage:
    """How Redis goes away, and comes back."""

    def __init__(self, how: str, valkey: Valkey, instances: list[Instance]) -> None:
        lines = [it.redis_line for it in instances]
        self.begin: Callable[[], None] = {
            "killed": valkey.kill,
            "paused": valkey.pause,
            "stalled": lambda: _each(lines, "stall"),
            "refused": lambda: _each(lines, "refuse"),
        }[how]
        self.end: Callable[[], None] = {
            "killed": valkey.start_again,  # empty
            "paused": valkey.go_on,
        }.get(how, lambda: _each(lines, "go_on"))


def _each(lines: list[Any], act: str) -> None:
    for line in lines:
        getattr(line, act)()


@pytest.fixture(autouse=True)
def mended(own_valkey: Valkey) -> Iterator[None]:
    """Whatever a test left of it, the next one finds it answering."""
    yield
    own_valkey.go_on()
    own_valkey.stop()
    own_valkey.start_again()


async def has_healed(cluster: Cluster) -> bool:
    """Ready, which means that the bus hears again; and limits are counted together again."""
    for instance in cluster.instances:
        if await instance.ready() != (200, "ready"):
            return False
    return True


async def counted_together(one: Person, same: Person) -> bool:
    """Whether two instances count one person's requests as one."""
    first = await one.client.get("/api/users/me")
    second = await same.client.get("/api/users/me")
    left = [int(it.headers["X-RateLimit-Remaining"]) for it in (first, second)]
    return left[1] == left[0] - 1


@pytest.mark.parametrize("how", ["killed", "paused", "stalled", "refused"])
async def test_while_redis_is_away_sending_goes_on_and_crosses_instances(
    how: str, cluster: Cluster, own_valkey: Valkey
) -> None:
    first, second = await cluster.start(), await cluster.start()
    alice, bob, dm = await two_friends(cluster)
    alice_live, bob_live = await alice.live(), await second.person(bob).live()
    await eventually(lambda: has_healed(cluster))
    outage = Outage(how, own_valkey, cluster.instances)

    outage.begin()
    answer, rest_took = await took(alice.send(dm, "over REST"))
    _, rest_heard = await took(bob_live.expect("new_message", seq=2))
    frame, frame_took = await took(send_over(alice_live, dm, content="over the socket"))
    _, frame_heard = await took(bob_live.expect("new_message", seq=3))
    (login, login_took), (ticket, ticket_took), *ready = await asyncio.gather(
        took(first.client.post("/api/auth/login", json=_login(alice))),
        took(alice.client.post("/api/ws/ticket")),
        first.ready(),
        second.ready(),
    )
    statuses, burst_took = await took(_send_many(alice, dm, 29))

    outage.end()
    healing = await eventually(lambda: has_healed(cluster))
    sharing = await eventually(lambda: counted_together(bob, second.person(bob)))
    await hears_typing(alice_live, bob_live, dm)

    assert (answer.status_code, frame["type"]) == (201, "ack")
    assert ready == [(200, "degraded")] * 2
    assert (login.status_code, ticket.status_code) == (200, 503)
    assert max(rest_took, frame_took, login_took, ticket_took, burst_took) < BOUND_SECONDS
    assert statuses == [201] * 28 + [429]  # with the two above, 31 in a minute
    assert len(await bob_live.expect_count("new_message", 28)) == 28
    tell(how, rest=rest_took, rest_heard=rest_heard, socket=frame_took, socket_heard=frame_heard)
    tell(how, login=login_took, ticket=ticket_took, healed=healing, shared=sharing)


async def test_an_instance_that_starts_without_redis_serves_and_finds_it_later(
    cluster: Cluster, own_valkey: Valkey
) -> None:
    own_valkey.kill()
    first, second = await cluster.start(), await cluster.start()
    alice, bob, dm = await two_friends(cluster)
    alice_live, bob_live = await alice.live(), await second.person(bob).live()
    alice_there = await second.person(alice).live()

    assert await first.ready() == (200, "degraded")
    assert (await alice.send(dm, "hello")).status_code == 201
    await bob_live.expect("new_message", seq=2)
    assert (await bob.client.post("/api/auth/logout")).status_code == 204
    assert await bob_live.closed() == 4014

    own_valkey.start_again()
    tell("found after", seconds=await eventually(lambda: has_healed(cluster)))
    await eventually(lambda: counted_together(alice, second.person(alice)))
    assert (await alice.send(dm, "by Redis")).status_code == 201
    await alice_there.expect("new_message", seq=3)
    assert alice_live.close_code is None


async def test_a_redis_that_has_become_a_replica_leaves_the_limits_to_each_instance(
    cluster: Cluster, own_valkey: Valkey
) -> None:
    await cluster.start()
    alice, _, dm = await two_friends(cluster)

    with redis.from_url(own_valkey.url()) as administrator, capture_logs() as logs:

        async def has_refused(times: int) -> bool:
            await alice.client.get("/api/users/me")
            errors: dict[str, Any] = administrator.info("errorstats")
            return bool(errors["errorstat_READONLY"]["count"] >= times)

        async def is_shared_again() -> bool:
            await alice.client.get("/api/users/me")
            return any(it["event"] == "rate_limits_shared_again" for it in logs)

        administrator.replicaof("127.0.0.1", 1)
        assert await _send_many(alice, dm, 31) == [201] * 30 + [429]
        await eventually(lambda: has_refused(3))
        administrator.replicaof("NO", "ONE")
        await eventually(is_shared_again)

    ours = [it["event"] for it in logs if it["event"].startswith("rate_limits")]
    assert ours == ["rate_limits_fell_back", "rate_limits_shared_again"]


class Subscriptions:
    """The lines to Redis that were subscribed on: they can be made deaf, as by a dead router."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []

    def line(self) -> Tamper:
        self._lines.append(_Line())
        return self._lines[-1]

    def deafen(self) -> None:
        for line in self._lines:
            line.is_deaf = line.is_subscribed


class _Line:
    def __init__(self) -> None:
        self.is_subscribed = self.is_deaf = False

    def __call__(self, chunk: bytes, /) -> bytes:
        self.is_subscribed |= b"subscribe" in chunk
        return b"" if self.is_deaf else chunk


@pytest.mark.usefixtures("only_told")
async def test_a_subscription_that_has_gone_silent_is_noticed_and_made_anew(
    cluster: Cluster,
) -> None:
    subscriptions = Subscriptions()
    await cluster.start()
    second = await cluster.start(redis_tamper=subscriptions.line)
    alice, bob, dm = await two_friends(cluster)
    alice_live, bob_live = await alice.live(), await second.person(bob).live()
    await eventually(lambda: has_healed(cluster))

    subscriptions.deafen()
    await alice.send(dm, "unheard")
    _, seconds = await took(bob_live.expect("new_message", seq=2))
    await eventually(lambda: has_healed(cluster))
    await hears_typing(alice_live, bob_live, dm)

    tell("a silent subscription: heard after", seconds=seconds)


@pytest.mark.usefixtures("only_told")
async def test_an_event_that_is_lost_with_its_line_is_looked_for_at_once(
    cluster: Cluster,
) -> None:
    tamper = BreaksAt(b"dm_messages")
    await cluster.start()
    second = await cluster.start(redis_tamper=tamper.line)
    alice, bob, dm = await two_friends(cluster)
    bob_live = await second.person(bob).live()
    await eventually(lambda: has_healed(cluster))

    tamper.is_armed = True
    await alice.send(dm, "lost")
    _, seconds = await took(bob_live.expect("new_message", seq=2))

    assert not tamper.is_armed
    tell("an event lost with its line: heard after", seconds=seconds)


@pytest.mark.usefixtures("only_told")
async def test_an_instance_that_could_not_publish_makes_the_others_look(cluster: Cluster) -> None:
    first, second = await cluster.start(), await cluster.start()
    alice, bob, dm = await two_friends(cluster)
    bob_live = await second.person(bob).live()
    await eventually(lambda: has_healed(cluster))

    first.redis_line.refuse()
    await alice.send(dm, "unpublished")
    await eventually(lambda: _is_degraded(first))
    assert await second.ready() == (200, "ready")
    first.redis_line.go_on()

    _, seconds = await took(bob_live.expect("new_message", seq=2))
    await eventually(lambda: has_healed(cluster))
    tell("unpublished for a while: heard after", seconds=seconds)


async def test_what_was_sent_during_a_long_absence_of_everything_arrives_after_it(
    cluster: Cluster,
) -> None:
    _, second = await cluster.start(), await cluster.start()
    alice, bob, dm = await two_friends(cluster)
    bob_live = await second.person(bob).live()
    await eventually(lambda: has_healed(cluster))

    second.redis_line.refuse()
    second.database_line.refuse()
    await alice.send(dm, "while it was away")
    await eventually(lambda: _is_degraded(second))
    second.clock.advance(300)  # much longer than a round looks back
    second.database_line.go_on()
    second.redis_line.go_on()

    await bob_live.expect("new_message", seq=2)


async def _is_degraded(instance: Instance) -> bool:
    return (await instance.ready())[1] != "ready"


async def hears_typing(writer: Live, reader: Live, conversation_id: str) -> None:
    """Typing crosses instances by Redis alone: hearing it means that the bus works."""
    await writer.send(type="typing", conversation_id=conversation_id, is_typing=True)
    await reader.expect("typing", is_typing=True)
    await writer.send(type="typing", conversation_id=conversation_id, is_typing=False)
    await reader.expect("typing", is_typing=False)


async def _send_many(person: Person, conversation_id: str, count: int) -> list[int]:
    """One after the other; the statuses."""
    return [
        (await person.send(conversation_id, f"n{number}")).status_code for number in range(count)
    ]


def _login(person: Person) -> dict[str, str]:
    return {"username": person.username, "password": person.password}

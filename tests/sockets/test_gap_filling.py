"""What the bus loses, doubles or overtakes arrives all the same: once, and in order."""

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import cast
from uuid import UUID

import pytest

from fynix_server.app import create_app
from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import frames_after
from fynix_server.membership import active_member_ids
from fynix_server.policy import shows_all
from fynix_server.settings import Settings
from fynix_server.sockets.live import Live as LiveSockets
from tests.people import Api, Live, MovableClock
from tests.running import run_app


@pytest.fixture
async def deaf(settings: Settings, clock: MovableClock) -> AsyncIterator[Api]:
    """A second instance on the same database whose bus hears nothing of the first."""
    unheard = settings.model_copy(update={"redis_url": "fakeredis://"})
    app = create_app(unheard, clock)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(run_app(app))
        yield Api(url, app, clock, stack)


def live_of(api: Api) -> LiveSockets:
    return cast(LiveSockets, api.app.extensions["live"])


async def _connect_to(instance: Api, token: str) -> Live:
    live = await instance.connect(token=token, subprotocols=["fynix.v1"])
    await live.send(type="resume", cursors={})
    await live.expect("resumed")
    live.frames.clear()
    return live


async def test_what_the_bus_lost_is_found_by_the_reconciler(api: Api, deaf: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await _connect_to(deaf, bob.access_token)
    for number in range(5):
        await alice.send(dm, f"n{number}")

    live_of(deaf).look_now()

    heard = await live.expect_count("new_message", 5)
    assert [it["message"]["content"] for it in heard] == [f"n{number}" for number in range(5)]


async def test_a_conversation_that_began_unheard_is_delivered_from_its_beginning(
    api: Api, deaf: Api
) -> None:
    alice, bob = await api.people("alice", "bob")
    live = await _connect_to(deaf, bob.access_token)
    dm = await alice.dm(bob)
    await alice.send(dm, "one")
    two = (await alice.send(dm, "two")).json()

    live_of(deaf).delivery.deliver(await _envelope(api, dm, two["seq"]))

    assert (await live.expect("conversation_created"))["seq"] == 1
    assert [it["seq"] for it in await live.expect_count("new_message", 2)] == [2, 3]


@pytest.mark.parametrize("seed", range(5))
async def test_any_order_of_events_with_losses_and_doubles_gives_each_number_once_in_order(
    api: Api, deaf: Api, seed: int
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await _connect_to(deaf, bob.access_token)
    for number in range(25):
        await alice.send(dm, f"n{number}")
    envelopes = [await _envelope(api, dm, seq) for seq in range(2, 27)]
    chaos = random.Random(seed)
    shuffled = [it for it in envelopes for _ in range(chaos.choice([0, 1, 1, 2]))]
    chaos.shuffle(shuffled)

    late = await deaf.connect(token=bob.access_token, subprotocols=["fynix.v1"])
    await late.send(type="resume", cursors={dm: chaos.randrange(1, 20)})
    for envelope in shuffled:
        live_of(deaf).delivery.deliver(envelope)
        if chaos.random() < 0.3:
            await late.send(type="ping")
            await late.expect("pong")
    live_of(deaf).look_now()

    heard = await live.expect_count("new_message", 25)
    assert [it["seq"] for it in heard] == list(range(2, 27))
    first = await late.expect("new_message")
    rest = await late.expect_count("new_message", 26 - first["seq"])
    assert [it["seq"] for it in rest] == list(range(first["seq"] + 1, 27))
    for socket in (live, late):
        await socket.barrier()
        assert socket.seen("new_message") == []


async def _envelope(api: Api, conversation_id: str, seq: int) -> Envelope:
    """The event of that number, as the instance that stored it published it."""
    id_ = UUID(conversation_id)
    async with api.resources.database.read() as connection:
        logged = (await frames_after(connection, id_, seq - 1, 1, horizon=shows_all(api.clock())))[
            0
        ]
        members = (await active_member_ids(connection, [id_]))[id_]
    return Envelope(
        channel=MESSAGES,
        recipients=members,
        frame=logged.frame,
        conversation_id=id_,
        seq=seq,
        for_opted_in=logged.type != "new_message",
    )

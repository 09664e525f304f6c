"""Whoever may publish to the same Redis can put anything there: delivery goes on all the same."""

import json
from collections.abc import MutableMapping, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from fynix_server.event_bus import CHANNELS, CONTROL, MESSAGES
from tests.faults.instances import eventually
from tests.people import Serve

UNREADABLE = (
    b"",
    b"\n",
    b"junk",
    b"origin\njunk",
    b"origin\n{}\n{}",
    b"origin\n[1]\nframe",
    b"origin\nnull\nframe",
    b'origin\n{"recipients": ["nobody"], "conversation_id": "x", "committed_at": 1}\n{}',
    b'origin\n{"recipients": [[]], "conversation_id": {}, "committed_at": 1}\n{}',
    b"\xff\xfe\n\xff\n\xff",
    b"origin\n" + b"[" * 100_000 + b"\n{}",
)


@pytest.fixture
def stack() -> str:
    return "full"


async def test_what_cannot_be_read_is_told_of_and_what_comes_after_it_arrives(serve: Serve) -> None:
    here, there = await serve(), await serve()
    alice, bob = await here.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await there.connect(token=bob.access_token)
    await live.barrier()

    with capture_logs() as logs:
        for channel in CHANNELS:
            for payload in UNREADABLE:
                await here.resources.redis.publish(channel, payload)
        await eventually(partial(_is_all_told, logs))

    assert {it["channel"] for it in _told(logs)} == set(CHANNELS)
    assert "junk" not in str(_told(logs))
    assert here.resources.event_bus.is_connected
    assert there.resources.event_bus.is_connected
    await alice.send(dm, "all the same")
    assert (await live.expect("new_message"))["message"]["content"] == "all the same"


async def test_of_events_that_come_together_those_before_the_unreadable_one_are_delivered(
    serve: Serve,
) -> None:
    here, there = await serve(), await serve()
    alice, bob = await here.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await there.connect(token=bob.access_token)
    await live.barrier()
    head = json.dumps({"recipients": [bob.user_id.hex], "conversation_id": dm, "committed_at": 1.0})
    frame = json.dumps({"type": "made_up", "id": str(uuid4())})

    payload = "\n".join(["somebody", head, frame, "junk", "junk"])
    await here.resources.redis.publish(MESSAGES, payload)
    await here.resources.redis.publish(CONTROL, "somebody\n{}")

    await live.expect("made_up")
    await alice.send(dm, "after")
    await live.expect("new_message")


Logs = Sequence[MutableMapping[str, Any]]


def _told(logs: Logs) -> Logs:
    return [it for it in logs if it["event"] == "bus_payload_unreadable"]


async def _is_all_told(logs: Logs) -> bool:
    """By both instances, of every payload on every channel."""
    return len(_told(logs)) >= 2 * len(CHANNELS) * len(UNREADABLE)

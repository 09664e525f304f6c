"""Clients that hang up in the middle of a request leave nothing behind."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from fynix_server.app import create_app
from fynix_server.settings import Settings
from tests.faults.instances import Instance, eventually, tell
from tests.people import MovableClock, Person
from tests.running import run_app

TIMES = 100


@pytest.fixture
async def instance(settings: Settings) -> AsyncIterator[Instance]:
    """A server without rate limits, on either stack."""
    clock = MovableClock()
    app = create_app(settings.model_copy(update={"rate_limits": "off"}), clock)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(run_app(app))
        yield Instance(url, app, clock, stack)


async def test_two_hundred_aborted_requests_leave_no_connection_and_no_transaction_open(
    instance: Instance,
) -> None:
    alice, bob = await instance.people("alice", "bob")
    dm = await alice.dm(bob)
    path = f"/api/conversations/{dm}/messages"

    for number in range(TIMES):
        body = json.dumps({"content": f"n{number}", "client_message_id": f"k{number}"})
        await asyncio.gather(
            _ask_and_hang_up(instance, alice, f"POST {path}", body, number),
            _ask_and_hang_up(instance, alice, f"GET {path}", "", number),
        )

    await eventually(lambda: _is_idle(instance))
    assert not instance.has_failed
    contents = [it["content"] for it in await alice.messages(dm, page_size=100)]
    assert len(contents) == len(set(contents))
    for number in range(TIMES):  # each is there, or can be sent again
        again = await alice.send(dm, f"n{number}", client_message_id=f"k{number}")
        assert again.status_code == (200 if f"n{number}" in contents else 201)
    assert await _is_idle(instance)
    tell("aborted sends", sent=TIMES, stored=len(contents))


async def _ask_and_hang_up(
    instance: Instance, person: Person, line: str, body: str, number: int
) -> None:
    """Send a whole request, and reset the line a little later: each time a little later still."""
    where = urlsplit(instance.url)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(
        f"{line} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {person.access_token}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    await writer.drain()
    await asyncio.sleep(number * 0.0001)
    end: socket.socket = writer.get_extra_info("socket")
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _is_idle(instance: Instance) -> bool:
    if instance.busy_connections:
        return False
    database = instance.resources.database
    if database.is_sqlite:
        async with asyncio.timeout(5), database.write():  # nobody holds the lock
            return True
    # Others of the same server are looked at too: it is this test's alone.
    open_ones = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
    )
    async with database.read() as connection:
        count: int = (await connection.execute(open_ones)).scalar_one()
        return count == 0

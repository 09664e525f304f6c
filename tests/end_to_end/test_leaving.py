"""One of two instances leaves, or dies, while people talk through it: nobody loses a word."""

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from uuid import UUID

import pytest

from fynix_cli.client.cursors import Cursors
from fynix_cli.client.live import LiveClient
from fynix_server.protocol.frames import NewMessage
from tests.end_to_end.two_servers import Member, Stored, TwoServers
from tests.faults.proxy import proxies

pytestmark = pytest.mark.timeout(180)

DEADLINE_SECONDS = 90.0
SENDS_AT_ONCE = 4
DELAY_SECONDS = 0.1
"""On the way: so at any moment there are messages that are stored and not acknowledged yet."""
NAMES = ("alice", "bob", "carol", "dave", "erin", "frank")


class Listener:
    """Somebody who listens by the client library, from the beginning on."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.heard: list[Stored] = []
        self.states: list[str] = []
        self.connected = asyncio.Event()
        self._changed = asyncio.Condition()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        live = LiveClient(self.member.rest, self._note, Cursors({}))
        async with aclosing(live.frames()) as frames:
            async for frame in frames:
                if isinstance(frame, NewMessage):
                    heard = (frame.conversation_id, frame.seq, frame.message.content)
                    async with self._changed:
                        self.heard.append(heard)
                        self._changed.notify_all()

    def _note(self, state: str) -> None:
        self.states.append(state)
        if state == "connected":
            self.connected.set()

    async def has_heard(self, count: int) -> None:
        """Wait for so many messages, with a deadline. Raises what ended the listening."""
        waiting = asyncio.create_task(self._wait_for(count))
        done, _ = await asyncio.wait(
            {waiting, self._listening},
            timeout=DEADLINE_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        waiting.cancel()
        if self._listening in done:
            await self._listening
        assert waiting in done, f"{self.member.name} heard {len(self.heard)}: {self.states}"

    async def _wait_for(self, count: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.heard) >= count)

    async def stop(self) -> None:
        self._listening.cancel()
        await asyncio.wait([self._listening])


async def send_until(enough: asyncio.Event, member: Member, rooms: list[UUID]) -> list[Stored]:
    """What was acknowledged of their messages, several of which are under way at a time."""
    numbers = itertools.count()

    async def send_some() -> list[Stored]:
        sent = []
        while not enough.is_set():
            number = next(numbers)
            room = rooms[number % len(rooms)]
            sent.append(await member.send(room, f"{member.name} {number}"))
        return sent

    parts = await asyncio.gather(*(send_some() for _ in range(SENDS_AT_ONCE)))
    return [stored for part in parts for stored in part]


@asynccontextmanager
async def listening(port: int) -> AsyncIterator[dict[Listener, list[UUID]]]:
    """People who are connected, and where each may talk: a group, and two of them to each other."""
    async with AsyncExitStack() as stack:
        people = [await Member.register(f"http://127.0.0.1:{port}", it) for it in NAMES]
        for person in people:
            stack.push_async_callback(person.rest.http.close)
        group = await people[0].make_group("everybody", *people[1:])
        dm = (await people[0].rest.open_dm(people[1].user_id)).id
        rooms = {}
        for person in people:
            listener = Listener(person)
            stack.push_async_callback(listener.stop)
            rooms[listener] = [group, dm] if person in people[:2] else [group]
            # One after the other, so that the proxy leads half of them to each instance.
            await asyncio.wait_for(listener.connected.wait(), DEADLINE_SECONDS)
        yield rooms


def check_heard(rooms: dict[Listener, list[UUID]], stored: list[Stored]) -> None:
    """Everybody heard all of their rooms, in order and once."""
    for listener, mine in rooms.items():
        for room in mine:
            heard = [it for it in listener.heard if it[0] == room]
            assert heard == [it for it in stored if it[0] == room], listener.states


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_while_one_of_two_instances_goes_everything_sent_is_stored_and_arrives_once(
    two: TwoServers, how: signal.Signals
) -> None:
    leaving = two.servers[0]
    async with proxies(two.ports) as [proxy], listening(proxy.port) as rooms:
        proxy.delay_seconds = DELAY_SECONDS
        enough = asyncio.Event()
        sending = [
            asyncio.create_task(send_until(enough, listener.member, mine))
            for listener, mine in rooms.items()
        ]
        await asyncio.gather(*(it.has_heard(50) for it in rooms))

        if how is signal.SIGKILL:
            proxy.cut(to=two.ports[0])
        code = await leaving.stop(how)
        await asyncio.gather(*(it.has_heard(len(it.heard) + 50) for it in rooms))
        enough.set()
        acknowledged = sorted(it for mine in await asyncio.gather(*sending) for it in mine)
        stored = await two.stored()
        for listener, mine in rooms.items():
            await listener.has_heard(len([it for it in stored if it[0] in mine]))

        assert code == (0 if how is signal.SIGTERM else -how)
        assert acknowledged == stored
        assert len(stored) == len({text for _, _, text in stored})
        check_heard(rooms, stored)
        told = "the server is leaving" if how is signal.SIGTERM else "the line dropped"
        sent_on = [it for it in rooms if any(told in state for state in it.states)]
        assert len(sent_on) == len(rooms) // 2
        assert all(it.states[-1] == "connected" for it in rooms)
        for server in two.servers:
            assert not [line for line in server.log if "Traceback" in line or '"error"' in line]

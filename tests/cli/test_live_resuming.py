"""The live client against a real server, on both stacks: away and back, whatever happened."""

import asyncio
from contextlib import aclosing
from uuid import UUID

from fynix_cli.client.cursors import Cursors
from fynix_cli.client.http import HttpClient
from fynix_cli.client.live import LiveClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from fynix_server.protocol.frames import DurableFrame
from tests.people import Api, Person

Seen = list[tuple[str, int]]


class Reader:
    """Somebody who reads with the client library, from `cursors` on."""

    def __init__(self, api: Api, person: Person, cursors: Cursors) -> None:
        self.connected = asyncio.Event()
        self._url = api.url
        self._person = person
        self._cursors = cursors

    async def read(self, count: int) -> Seen:
        """Type and number of the next so many numbered frames; then away again."""
        tokens = MemoryTokens(TokenPair(self._person.access_token, self._person.refresh_token))
        seen: Seen = []
        async with asyncio.timeout(30), RestClient(HttpClient(self._url, tokens)) as rest:
            live = LiveClient(rest, self._note, self._cursors)
            async with aclosing(live.frames()) as frames:
                async for frame in frames:
                    if isinstance(frame, DurableFrame):
                        seen.append((frame.type, frame.seq))
                    if len(seen) == count and isinstance(frame, DurableFrame):
                        self._cursors.move(frame.conversation_id, frame.seq)
                        break
        return seen

    def _note(self, state: str) -> None:
        if state == "connected":
            self.connected.set()


async def test_who_left_and_came_back_meanwhile_goes_on_where_they_joined_again(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("club", bob)
    people = f"/api/conversations/{group}/participants"
    before = (await alice.send(group, "before")).json()["seq"]
    reader = Reader(api, bob, Cursors({UUID(group): before - 1}))
    first = await reader.read(1)
    await alice.send(group, "while away")
    await bob.client.delete(f"{people}/{bob.user_id}")
    await alice.send(group, "without bob")
    await alice.client.post(people, json={"user_id": str(bob.user_id)})
    await alice.send(group, "with bob")

    second = await reader.read(2)

    assert first == [("new_message", before)]
    assert second == [("participant_added", before + 4), ("new_message", before + 5)]


async def test_a_cursor_past_the_end_goes_on_from_the_end(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await alice.send(dm, "stands in the backup")
    reader = Reader(api, bob, Cursors({UUID(dm): 500}))
    reading = asyncio.create_task(reader.read(1))
    await asyncio.wait_for(reader.connected.wait(), 30)

    await alice.send(dm, "new after all")

    assert await reading == [("new_message", 3)]


async def test_conversations_that_began_or_were_joined_while_away_are_shown_whole(
    api: Api,
) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    old = await alice.group("old", carol)
    await alice.send(old, "not for bob")
    dm = await alice.dm(bob)
    await alice.send(dm, "hello")
    body = {"user_id": str(bob.user_id)}
    await alice.client.post(f"/api/conversations/{old}/participants", json=body)
    await alice.send(old, "welcome")

    seen = await Reader(api, bob, Cursors({})).read(4)

    assert sorted(seen, key=lambda it: it[1]) == [
        ("conversation_created", 1),
        ("new_message", 2),
        ("participant_added", 3),
        ("new_message", 4),
    ]


async def test_more_missed_than_a_socket_replays_is_fetched_without_a_gap(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    for number in range(650):
        if number % 30 == 0:
            api.clock.advance(61)  # past the limit of 30 a minute
        assert (await alice.send(dm, f"n{number}")).status_code == 201

    seen = await Reader(api, bob, Cursors({UUID(dm): 1})).read(650)

    assert seen == [("new_message", seq) for seq in range(2, 652)]


async def test_from_now_on_nothing_of_before_is_shown_however_many_conversations(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    groups = [await alice.group(f"group {number}", bob) for number in range(5)]
    for group in groups:
        await alice.send(group, "before")
    reader = Reader(api, bob, Cursors())
    reading = asyncio.create_task(reader.read(5))
    await asyncio.wait_for(reader.connected.wait(), 30)

    for group in groups:
        await alice.send(group, "now")

    assert await reading == [("new_message", 3)] * 5

"""The doctor beside a server that people write to: no false alarm, and nothing lost by mending."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import update

from fynix_server.audit import host_actor
from fynix_server.maintenance.doctor.examination import Examined, Mending, examine, mend
from fynix_server.tables import Conversation
from tests.maintenance.breaking import Break, break_by_hand
from tests.maintenance.conftest import Told
from tests.maintenance.lived_in import add, leave
from tests.people import Api, Person

ROUNDS = 2
OVER_MESSAGES = ("numbers_once", "deletions", "senders")


class Bustle:
    """People who send, read, delete, come and go until they are told to stop."""

    def __init__(self) -> None:
        self.rounds = 0
        self._is_over = False

    def stop(self) -> None:
        self._is_over = True

    async def talk(self, speaker: Person, reader: Person, conversation_id: str) -> None:
        while not self._is_over:
            first = (await speaker.send(conversation_id, "first")).json()
            second = (await speaker.send(conversation_id, "second")).json()
            await reader.read(conversation_id, second["id"])
            url = f"/api/conversations/{conversation_id}/messages/{first['id']}"
            assert (await speaker.client.delete(url)).status_code == 204
            self.rounds += 1

    async def come_and_go(self, owner: Person, guest: Person, group: str) -> None:
        while not self._is_over:
            await add(owner, group, guest)
            await guest.send(group, "hello")
            await leave(guest, group, guest)
            self.rounds += 1


@asynccontextmanager
async def bustle(unlimited: Api) -> AsyncIterator[Bustle]:
    """Three people in a DM and a group, busy for as long as the block takes."""
    alice, bob, carol = await unlimited.people("alice", "bob", "carol")
    dm, group = await alice.dm(bob), await alice.group("group", bob)
    people = Bustle()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(people.talk(alice, bob, dm))
        tasks.create_task(people.talk(bob, alice, group))
        tasks.create_task(people.come_and_go(alice, carol, group))
        try:
            yield people
        finally:
            people.stop()


def broken(results: list[Examined]) -> set[str]:
    return {it.invariant.name for it in results if it.is_broken}


async def test_what_is_being_written_is_no_alarm_and_seen_at_one_moment(
    unlimited: Api, told: Told
) -> None:
    async with bustle(unlimited) as people:
        rounds = [await examine(unlimited.resources.settings, told) for _ in range(ROUNDS)]

    assert [broken(it) for it in rounds] == [set()] * ROUNDS
    assert people.rounds > ROUNDS
    for results in rounds:
        counts = {it.finding.checked for it in results if it.invariant.name in OVER_MESSAGES}
        assert len(counts) == 1


async def test_mending_what_is_being_written_loses_nothing(unlimited: Api, told: Told) -> None:
    settings = unlimited.resources.settings
    too_many = Break(
        "message_count",
        "too high",
        [update(Conversation).values(message_count=Conversation.message_count + 7)],
    )
    mended = 0

    async with bustle(unlimited) as people:
        for _ in range(ROUNDS):
            await break_by_hand(settings, too_many)
            found = await examine(settings, told)
            assert broken(found) == {"message_count"}
            after = await mend(settings, found, Mending(host_actor(), told, is_dry_run=False))
            mended += sum(it.mended for it in after)

    assert mended == 2 * ROUNDS
    assert broken(await examine(settings, told)) == set()
    assert people.rounds > ROUNDS

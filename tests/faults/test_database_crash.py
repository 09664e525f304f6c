"""A database that crashes under load, and an instance that hangs while it holds a lock."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from fynix_cli.stack.postgres import Postgres
from fynix_server.errors import Unavailable
from fynix_server.tables import Conversation
from tests.faults.instances import Cluster, tell, took, two_friends
from tests.people import Person
from tests.stacks import connect_to

TIMEOUT_SECONDS = 1


async def test_what_was_acknowledged_before_a_crash_is_there_after_it_once_and_in_order(
    cluster: Cluster, own_postgres: Postgres
) -> None:
    quick: Any = {"database_timeout_seconds": TIMEOUT_SECONDS, "rate_limits": "off"}
    _, second = await cluster.start(**quick), await cluster.start(**quick)
    alice, bob, dm = await two_friends(cluster)
    there = second.person(bob)
    live = await there.live()
    senders = [
        asyncio.create_task(_insist(person, dm, f"{name}{number}"))
        for number in range(100)
        for name, person in (("a", alice), ("b", there))
    ]
    await asyncio.wait(senders[:20])

    own_postgres.kill()
    before_the_crash = {task.result() for task in senders if task.done()}
    own_postgres.start_again()
    acknowledged = set(await asyncio.gather(*senders))

    stored = await _everything(alice, dm)
    assert 20 <= len(before_the_crash) < 200
    assert acknowledged == {(it["seq"], it["content"]) for it in stored}
    assert sorted(seq for seq, _ in acknowledged) == list(range(2, 202))
    heard = await live.expect_count("new_message", 200)
    assert [it["seq"] for it in heard] == list(range(2, 202))
    tell("acknowledged before the crash", messages=len(before_the_crash))


async def test_an_instance_that_hangs_in_a_transaction_does_not_hold_its_locks_for_ever(
    cluster: Cluster,
) -> None:
    first = await cluster.start(database_timeout_seconds=TIMEOUT_SECONDS)
    second = await cluster.start(database_timeout_seconds=TIMEOUT_SECONDS)
    _, bob, dm = await two_friends(cluster)
    lock = select(Conversation.id).where(Conversation.id == UUID(dm)).with_for_update()

    async def hang() -> float:
        async with first.resources.database.write() as connection:
            await connection.execute(lock)
            return (await took(_insist(second.person(bob), dm, "at-last")))[1]

    with pytest.raises(Unavailable):
        await hang()
    assert [it["content"] for it in await bob.messages(dm)] == ["at-last"]


async def test_a_killed_postgres_starts_again_though_a_backend_has_not_noticed_yet(
    own_postgres: Postgres,
) -> None:
    connection = await connect_to(own_postgres, "fynix")
    query = "DO $$ BEGIN WHILE clock_timestamp() < $end$ LOOP END LOOP; END $$"
    until = await connection.fetchval("SELECT clock_timestamp() + interval '1 second'")
    busy = asyncio.create_task(connection.execute(query.replace("$end$", f"'{until}'")))
    other = await connect_to(own_postgres, "fynix")
    running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'"
    while not await other.fetchval(running):
        """It begins in a process of its own."""

    own_postgres.kill()
    await asyncio.to_thread(own_postgres.start_again)

    await asyncio.gather(busy, return_exceptions=True)  # whatever became of it
    for line in (connection, other):
        line.terminate()
    again = await connect_to(own_postgres, "fynix")
    assert await again.fetchval("SELECT 1") == 1
    await again.close()


async def _insist(person: Person, conversation_id: str, content: str) -> tuple[int, str]:
    """Send it, with a key, until it is acknowledged; its number and its text."""
    while True:
        answer = await person.send(conversation_id, content, client_message_id=content)
        if answer.status_code in (200, 201):
            return answer.json()["seq"], content
        assert answer.status_code == 503, answer.text
        await asyncio.sleep(0.1)


async def _everything(person: Person, conversation_id: str) -> list[dict[str, Any]]:
    """All messages, newest first."""
    found = await person.messages(conversation_id, limit=100)
    while page := await person.messages(conversation_id, limit=100, before_seq=found[-1]["seq"]):
        found += page
    return found

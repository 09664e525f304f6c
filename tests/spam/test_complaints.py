"""Which blocks and reports count: of people whom somebody wrote to, lately, on both stacks."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from fynix_server.spam.assessing import COMPLAINTS_SPAN, gather_complaints
from fynix_server.spam.conduct import Complaints
from fynix_server.tables import Message
from tests.people import Api, Person
from tests.spam.watched import block, report, strangers, write_to

NONE = Complaints()
LONG = COMPLAINTS_SPAN.total_seconds()


async def complaints_of(api: Api, person: Person) -> Complaints:
    return await gather_complaints(api.resources.database, person.user_id, api.clock())


async def test_people_count_not_acts_and_only_those_written_to(api: Api) -> None:
    mallory = await api.register("mallory")
    known, unknown = await strangers(api, 3), await strangers(api, 3)
    await write_to(mallory, known)

    await block(api, [*known, *unknown], mallory)
    await report(api, [*known[:2], *unknown], mallory)
    await report(api, known[:1], mallory, target_key=f"message:{UUID(int=1)}")

    assert await complaints_of(api, mallory) == Complaints(blocks=3, reports=2)


async def test_who_only_was_written_to_by_others_has_nobody_to_complain(api: Api) -> None:
    mallory, alice = await api.people("mallory", "alice")
    await alice.send(await alice.dm(mallory), "hello")

    await block(api, [alice.user_id], mallory)

    assert await complaints_of(api, mallory) == NONE


async def test_a_message_in_a_group_was_written_to_whoever_was_in_it(api: Api) -> None:
    mallory, alice, bob, carol = await api.people("mallory", "alice", "bob", "carol")
    group = await mallory.group("club", alice, bob)
    url = f"/api/conversations/{group}/participants"
    await bob.client.delete(f"{url}/{bob.user_id}")
    await mallory.send(group, "an offer")
    await alice.client.delete(f"{url}/{alice.user_id}")
    added = await mallory.client.post(url, json={"user_id": str(carol.user_id)})
    assert added.status_code == 201

    await block(api, [alice.user_id, bob.user_id, carol.user_id], mallory)
    await report(api, [alice.user_id, carol.user_id], mallory)

    assert await complaints_of(api, mallory) == Complaints(blocks=1, reports=1)


async def test_a_report_that_was_dismissed_and_a_block_that_was_ended_count_no_more(
    api: Api,
) -> None:
    mallory, alice = await api.people("mallory", "alice")
    known = await strangers(api, 2)
    await write_to(mallory, [*known, alice.user_id])
    await report(api, known[:1], mallory, status="dismissed")
    await report(api, known[1:], mallory, status="actioned")
    await alice.client.put(f"/api/blocks/{mallory.user_id}")
    before = await complaints_of(api, mallory)

    await alice.client.delete(f"/api/blocks/{mallory.user_id}")

    assert before == Complaints(blocks=1, reports=1)
    assert await complaints_of(api, mallory) == Complaints(blocks=0, reports=1)


async def test_what_its_reader_never_saw_was_not_written_to_them(api: Api) -> None:
    mallory = await api.register("mallory")
    known = await strangers(api, 2)
    await write_to(mallory, known)
    async with api.resources.database.write() as connection:
        await connection.execute(update(Message).values(hidden_because="shadow"))

    await block(api, known, mallory)

    assert await complaints_of(api, mallory) == NONE


@pytest.mark.parametrize("what", ["the complaint", "the message"])
async def test_after_thirty_days_neither_message_nor_complaint_counts(api: Api, what: str) -> None:
    mallory = await api.register("mallory")
    known = await strangers(api, 2)
    await write_to(mallory, known)
    if what == "the message":
        api.clock.advance(LONG - 60)
    await block(api, known, mallory)
    await report(api, known, mallory)
    before = await complaints_of(api, mallory)
    api.clock.advance(
        120 if what == "the message" else timedelta(days=30, minutes=1).total_seconds()
    )

    assert before == Complaints(2, 2)
    assert await complaints_of(api, mallory) == NONE

"""Cleaning up while people write: nothing acknowledged is lost, doubled or reordered."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from fynix_server.maintenance.cleanup.running import Limits
from fynix_server.tables import PurgedNumbers
from tests.maintenance.cleanup.cleaning import Asked, cleaned, unsound
from tests.maintenance.test_doctor_beside_server import bustle
from tests.people import DEADLINE_SECONDS, Api, Person
from tests.retention.ruling import ruler

MOMENT_DAYS = 0.05 / 86_400
"""So young is what goes that it was written while cleaning up."""
FEW = 5
NOBODY = "00000000-0000-0000-0000-000000000000"
pytestmark = pytest.mark.timeout(180)


class Begun:
    """Waits until a few have gone."""

    def __init__(self) -> None:
        self._count = 0
        self._is_enough = asyncio.Event()

    def note(self, count: int) -> None:
        self._count += count
        if self._count >= FEW:
            self._is_enough.set()

    async def wait(self) -> None:
        await asyncio.wait_for(self._is_enough.wait(), DEADLINE_SECONDS)


async def whole_log(person: Person, conversation_id: str) -> list[dict[str, Any]]:
    """Every number from the beginning, page after page."""
    frames: list[dict[str, Any]] = []
    url = f"/api/conversations/{conversation_id}/events"
    has_more, after = True, 0
    while has_more:
        answer = await person.client.get(url, params={"after_seq": after, "limit": 7})
        page = answer.json()
        frames += page["events"]
        has_more, after = page["has_more"], page["next_seq"]
    return frames


async def test_people_who_write_meanwhile_notice_nothing_and_all_stays_sound(
    unlimited: Api,
) -> None:
    settings = unlimited.resources.settings
    async with bustle(unlimited) as people:
        removed = 0
        while people.rounds < 15 or not removed:
            done = await cleaned(settings, "messages", Asked(deleted_days=MOMENT_DAYS))
            removed += done.removed["messages"]

    assert await unsound(settings) == {}


async def test_what_is_acknowledged_meanwhile_arrives_once_and_the_log_has_no_hole(
    unlimited: Api,
) -> None:
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await bob.live()
    settings = unlimited.resources.settings
    is_over = asyncio.Event()

    async def clean_on() -> int:
        removed = 0
        while not is_over.is_set():
            done = await cleaned(settings, "messages", Asked(MOMENT_DAYS), Limits(20))
            removed += done.removed["messages"]
        return removed

    cleaning = asyncio.create_task(clean_on())
    acknowledged = [(await alice.send(dm, f"number {it}")).json()["seq"] for it in range(60)]
    is_over.set()
    removed = await cleaning

    heard = [it["seq"] for it in await live.expect_count("new_message", len(acknowledged))]
    assert heard == acknowledged == list(range(2, 62))
    frames = await whole_log(bob, dm)
    assert [it["seq"] for it in frames] == list(range(1, 62))
    gone = [it for it in frames if it["type"] == "message_deleted"]
    assert len(gone) == removed > 0
    assert {it["message_id"] for it in gone} == {NOBODY}
    assert await unsound(settings) == {}


async def test_a_resume_over_cleaned_up_numbers_is_gapless(unlimited: Api) -> None:
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    for number in range(10):
        await alice.send(dm, f"number {number}")
    await cleaned(unlimited.resources.settings, "messages", Asked(days=1, later_days=2))
    await alice.send(dm, "after it")
    live = await bob.live(resume=False)

    await live.send(type="resume", cursors={dm: 3})

    await live.expect("resumed", cursors={dm: 12})
    told = [it["seq"] for it in live.frames if it.get("conversation_id") == dm]
    assert told == list(range(4, 13))
    assert [it["message"]["content"] for it in live.seen("new_message")] == ["after it"]


async def test_who_missed_a_cleaned_up_edit_is_told_to_load_anew(unlimited: Api) -> None:
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    sent = (await alice.send(dm, "first")).json()
    url = f"/api/conversations/{dm}/messages/{sent['id']}"
    await alice.client.patch(url, json={"content": "changed"})
    await alice.send(dm, "last")
    await cleaned(unlimited.resources.settings, "events", Asked(days=8, later_days=9))
    live = await bob.live(resume=False)

    await live.send(type="resume", cursors={dm: 2})
    await live.expect("resync_required", conversation_id=dm, last_seq=4)
    await live.expect("resumed")
    await live.send(type="resume", cursors={dm: 3})

    await live.expect("resumed")
    assert (await whole_log(bob, dm))[2]["message_id"] == NOBODY
    assert await unsound(unlimited.resources.settings) == {}


async def test_a_read_marker_and_counts_outlive_the_messages(unlimited: Api) -> None:
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    for number in range(4):
        sent = (await alice.send(dm, f"number {number}")).json()
    await bob.read(dm, sent["id"])

    await cleaned(unlimited.resources.settings, "messages", Asked(days=1, later_days=2))

    shown = (await bob.client.get(f"/api/conversations/{dm}")).json()
    assert (shown["unread_count"], shown["last_message"], shown["last_message_at"]) == (
        0,
        None,
        None,
    )
    listed = (await bob.client.get(f"/api/conversations/{dm}/messages")).json()
    assert (listed["total"], listed["messages"]) == (0, [])
    newest = (await alice.send(dm, "new")).json()
    assert newest["seq"] == 6
    assert (await bob.client.get(f"/api/conversations/{dm}")).json()["unread_count"] == 1


async def test_from_when_a_hold_is_answered_nothing_of_it_goes(unlimited: Api) -> None:
    admin = await ruler(unlimited)
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    for number in range(100):
        await alice.send(dm, f"number {number}")
    settings = unlimited.resources.settings
    begun = Begun()
    cleaning = asyncio.create_task(
        cleaned(settings, "messages", Asked(days=1, later_days=2), Limits(1), begun.note)
    )
    await begun.wait()

    await admin.hold("conversation", dm)
    gone = await purged(unlimited)
    done = await cleaning

    assert FEW <= gone == done.removed["messages"] < 100
    assert await unsound(settings) == {}


async def test_from_when_a_policy_is_cleared_nothing_more_goes(unlimited: Api) -> None:
    admin = await ruler(unlimited)
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    for number in range(100):
        await alice.send(dm, f"number {number}")
    await admin.keep(1, dm)
    settings = unlimited.resources.settings
    begun = Begun()
    cleaning = asyncio.create_task(
        cleaned(settings, "messages", Asked(later_days=2), Limits(1), begun.note)
    )
    await begun.wait()

    await admin.clear(dm)
    gone = await purged(unlimited)
    done = await cleaning

    assert FEW <= gone == done.removed["messages"] < 100
    assert len(await bob.messages(dm, limit=100)) == 100 - gone
    assert await unsound(settings) == {}


async def purged(api: Api) -> int:
    """How many numbers' rows are gone."""
    async with api.resources.database.read() as connection:
        spans = select(func.sum(PurgedNumbers.last_seq - PurgedNumbers.first_seq + 1))
        return int((await connection.execute(spans)).scalar_one() or 0)


async def test_what_was_deleted_and_restored_is_sound_when_its_events_have_gone(
    unlimited: Api,
) -> None:
    admin = await ruler(unlimited)
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    sent = (await alice.send(dm, "harmless")).json()
    for verb in ("delete", "restore"):
        answer = await admin.post(f"conversations/{dm}/messages/{sent['id']}/{verb}")
        assert answer.status_code == 200, answer.text
    settings = unlimited.resources.settings

    done = await cleaned(settings, "events", Asked(days=8, later_days=9))

    assert done.removed == {"conversation_events": 2}
    assert [it["content"] for it in await bob.messages(dm)] == ["harmless"]
    assert await unsound(settings) == {}

"""What the watch makes of people: waited for, and looked up in the database."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, select

from fynix_server.spam.measures import Standing
from fynix_server.spam.settling import load_standing, require_person
from fynix_server.spam.watch import COOL_DOWN, LOOK_SECONDS
from fynix_server.tables import (
    Block,
    LimitOverride,
    Report,
    Restriction,
    SpamAssessment,
    User,
    new_id,
)
from tests.people import DEADLINE_SECONDS, Api, Person

OFFER = "We pay 200 euros a day for liking videos, write to our manager at https://pay.example.com"
ENOUGH = 30
"""So many strangers get all points of pace and of text."""


async def strangers(api: Api, count: int = ENOUGH) -> list[UUID]:
    """People who never log in."""
    ids = [new_id() for _ in range(count)]
    rows = [
        {"id": it, "username": it.hex, "display_name": "Somebody", "password_hash": "!"}
        for it in ids
    ]
    async with api.resources.database.write() as connection:
        await connection.execute(insert(User), rows)
    return ids


async def write_to(sender: Person, others: Sequence[UUID], content: str = OFFER) -> None:
    """Send `content` to each of them."""
    for other in others:
        place = (await sender.client.post(f"/api/conversations/dm/{other}")).json()["id"]
        assert (await sender.send(place, content)).status_code == 201


async def blast(api: Api, sender: Person, count: int = ENOUGH) -> list[UUID]:
    """Write to strangers, and let the watch look; the strangers."""
    others = await strangers(api, count)
    await write_to(sender, others)
    let_time_pass(api)
    return others


async def report(api: Api, reporters: Sequence[UUID], target: Person, **more: Any) -> None:
    """Each of them reports the person, now."""
    now = api.clock()
    rows = [
        {
            "id": new_id(),
            "reporter_id": it,
            "target_key": f"user:{target.user_id}",
            "target_user_id": target.user_id,
            "reason": "spam",
            "created_at": now,
            "updated_at": now,
            **more,
        }
        for it in reporters
    ]
    async with api.resources.database.write() as connection:
        await connection.execute(insert(Report), rows)


async def block(api: Api, blockers: Sequence[UUID], target: Person) -> None:
    """Each of them blocks the person, now."""
    blocked = {"blocked_id": target.user_id, "created_at": api.clock()}
    async with api.resources.database.write() as connection:
        await connection.execute(insert(Block), [{"blocker_id": it, **blocked} for it in blockers])


class Found(NamedTuple):
    """What stands of somebody in the database."""

    status: str
    held_until: datetime | None
    override: Any
    assessment: Any


async def found(api: Api, user_id: UUID) -> Found:
    async with api.resources.database.read() as connection:
        status = select(User.status).where(User.id == user_id)
        held = select(Restriction.until).where(
            Restriction.user_id == user_id, Restriction.kind == "held"
        )
        override = select(LimitOverride.__table__).where(LimitOverride.user_id == user_id)
        assessment = select(SpamAssessment.__table__).where(SpamAssessment.user_id == user_id)
        return Found(
            (await connection.execute(status)).scalar_one(),
            (await connection.execute(held)).scalar_one_or_none(),
            (await connection.execute(override)).one_or_none(),
            (await connection.execute(assessment)).one_or_none(),
        )


async def standing_of(api: Api, user_id: UUID) -> Standing:
    async with api.resources.database.read() as connection:
        person = await require_person(connection, user_id)
        return await load_standing(connection, person, api.clock())


def let_time_pass(api: Api) -> None:
    """As much as the watch waits for: the next look at complaints, and the end of cool-downs."""
    api.clock.advance(COOL_DOWN.total_seconds() + LOOK_SECONDS)
    api.resources.suspects.wake()


async def until(api: Api, person: Person, is_so: Callable[[Found], bool]) -> Found:
    """Wait for the watch to make it so; what stands then."""
    seen = await found(api, person.user_id)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not is_so(seen):
                await asyncio.sleep(0.02)  # another task stores it, which tells nobody
                seen = await found(api, person.user_id)
    except TimeoutError:
        raise AssertionError(seen) from None
    return seen


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until the watch has made it so."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - what the watch holds in memory tells nobody
            await asyncio.sleep(0.02)


def is_said_to_be(measure: str, found: Found) -> bool:
    """Whether the score has called for this."""
    return found.assessment is not None and found.assessment.measure == measure

"""Scoring somebody as of now, complaints included; nothing is stored or done here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server import metrics
from fynix_server.database import Database
from fynix_server.protocol.spam import SpamSignal
from fynix_server.spam import complaint_queries
from fynix_server.spam.conduct import Complaints
from fynix_server.spam.gathering import gather_signals
from fynix_server.spam.rules import RULES
from fynix_server.spam.score import Measure, Reason, Score, every_signal, measure_for, score

COMPLAINTS_SPAN = timedelta(days=30)
_MOST_POINTS = {rule.signal: rule.weight for rule in RULES}


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the score says of somebody. `signals`: all of them, also those without points."""

    user_id: UUID
    at: datetime
    scored: Score
    measure: Measure
    signals: tuple[Reason, ...]


async def assess(database: Database, user_id: UUID, now: datetime) -> Assessed:
    """Score somebody. Raises: NotFound, Unavailable."""
    with metrics.spam_assessment_seconds.time():
        complaints = await gather_complaints(database, user_id, now)
        signals = await gather_signals(database, user_id, now, complaints)
        scored = score(signals)
    return Assessed(user_id, now, scored, measure_for(scored), every_signal(signals))


async def gather_complaints(database: Database, user_id: UUID, now: datetime) -> Complaints:
    """How many people block and report somebody who wrote to them, all within 30 days.

    A message in a group was written to whoever was in it. Raises: Unavailable.
    """
    since = now - COMPLAINTS_SPAN
    async with database.read() as connection:
        blockers = await complaint_queries.blockers_of(connection, user_id, since)
        reporters = await complaint_queries.reporters_of(connection, user_id, since)
        written_to = await _written_to(connection, user_id, blockers | reporters, since)
    return Complaints(len(blockers & written_to), len(reporters & written_to))


async def _written_to(
    connection: AsyncConnection, user_id: UUID, people: set[UUID], since: datetime
) -> set[UUID]:
    if not people:  # as it is with almost everybody
        return set()
    ask = complaint_queries.written_to_directly
    directly = await ask(connection, user_id, people, since)
    rest = people - directly
    if not rest:
        return directly
    in_groups = complaint_queries.written_to_in_groups
    return directly | await in_groups(connection, user_id, rest, since)


def shown(reasons: Iterable[Reason]) -> list[SpamSignal]:
    """Signals as moderators are told of them."""
    return [
        SpamSignal(
            signal=it.signal,
            value=it.value,
            points=it.points,
            most_points=_MOST_POINTS[it.signal],
            text=it.text,
        )
        for it in reasons
    ]

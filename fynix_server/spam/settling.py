"""What comes of a score: it is stored, and where it calls for a measure, that is taken."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server import metrics
from fynix_server.audit import Act, record_act
from fynix_server.audit.acts import SERVER
from fynix_server.errors import NotFound
from fynix_server.policy import OwnLimit, move_policy_version, own_limits, set_override
from fynix_server.protocol.fields import rfc3339
from fynix_server.rate_limit import Quota
from fynix_server.resources import Resources
from fynix_server.settings import Settings
from fynix_server.spam import assessment_queries as queries
from fynix_server.spam.assessing import Assessed, shown
from fynix_server.spam.assessment_queries import Person
from fynix_server.spam.measures import (
    LET_OFF_SPAN,
    LETS_OFF,
    Standing,
    Withheld,
    end_of,
    slow_limit,
    strictest,
    withheld,
)
from fynix_server.spam.score import Measure

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    """What was done about a score. `withheld`: why nothing; None: `measure` was taken, if any."""

    user_id: UUID
    measure: Measure
    withheld: Withheld | None

    @property
    def done(self) -> Measure:
        return self.measure if self.withheld is None else Measure.NONE


async def settle(connection: AsyncConnection, settings: Settings, assessed: Assessed) -> Settled:
    """Store what was found of somebody, and take the measure that it calls for, with its entry
    in the audit log. Call `take_effect` after the commit.

    Raises: NotFound.
    """
    person = await require_person(connection, assessed.user_id, is_locked=True)
    standing = await load_standing(connection, person, assessed.at)
    why_not = withheld(assessed.measure, standing, settings.spam)
    settled = Settled(person.id, assessed.measure, why_not)
    await _store(connection, assessed, settled)
    if settled.done is not Measure.NONE:
        await _take(connection, settings, assessed)
    return settled


async def take_effect(resources: Resources, settled: Settled) -> None:
    """Have what was done hold everywhere. After the commit."""
    metrics.spam_assessments.labels(settled.measure.value).inc()
    if settled.done is Measure.NONE:
        return
    log.info("spam_measure_taken", user_id=settled.user_id, measure=settled.done.value)
    user_id = str(settled.user_id)
    resources.event_bus.publish_control({"type": "account_changed", "user_id": user_id})
    await resources.policy.apply_change()
    if settled.done is Measure.SUSPEND:
        resources.event_bus.publish_control({"type": "shut_out", "user_id": user_id})


async def require_person(
    connection: AsyncConnection, user_id: UUID, *, is_locked: bool = False
) -> Person:
    """Raises: NotFound."""
    person = await queries.find_person(connection, user_id, is_locked=is_locked)
    if person is None:
        raise NotFound("There is no such person.", code="user_not_found")
    return person


async def load_standing(connection: AsyncConnection, person: Person, now: datetime) -> Standing:
    """What decides, beside the score, what may be done to them."""
    known = await queries.find_assessment(connection, person.id)
    since = now - LET_OFF_SPAN
    ended = await queries.acts_on_since(connection, person.id, list(LETS_OFF), since)
    return Standing(
        role=person.role,
        is_exempt=known is not None and known.is_exempt,
        in_force=await _in_force(connection, person, now),
        let_off=strictest({LETS_OFF[action] for action in ended}),
    )


async def _in_force(connection: AsyncConnection, person: Person, now: datetime) -> Measure:
    """The strictest measure that stands. Who reaches nobody as it is, by a mute or a shadow limit,
    is left to the moderator who saw to that."""
    kinds = await queries.restrictions_in_force(connection, person.id, now)
    if person.is_shut_out(now) or kinds & {"muted", "shadow_limited"}:
        return Measure.SUSPEND
    if "held" in kinds:
        return Measure.HOLD
    limits = await own_limits(connection, person.id, now)
    return Measure.SLOW_MODE if "messages" in limits else Measure.NONE


async def _store(connection: AsyncConnection, assessed: Assessed, settled: Settled) -> None:
    row = {
        "user_id": assessed.user_id,
        "score": assessed.scored.total,
        "measure": assessed.measure.value,
        "withheld": None if settled.withheld is None else settled.withheld.value,
        "reasons": json.dumps([it.model_dump() for it in shown(assessed.scored.reasons)]),
        "assessed_at": assessed.at,
        "claimed_at": assessed.at,
    }
    await queries.store_assessment(connection, row)


async def _take(connection: AsyncConnection, settings: Settings, assessed: Assessed) -> None:
    user_id, measure, now = assessed.user_id, assessed.measure, assessed.at
    until = end_of(measure, now)
    match measure:
        case Measure.SLOW_MODE:
            slow = slow_limit(settings.rate_limit_messages)
            quota = Quota(slow.max_count, slow.window_seconds)
            limit = OwnLimit(quota, until, SERVER.id, now)
            await set_override(connection, user_id, "messages", limit)
        case Measure.HOLD:
            mark = {"until": until, "set_by": SERVER.id, "created_at": now}
            held = {"user_id": user_id, "kind": "held", **mark}
            await queries.put_restriction(connection, held)
        case Measure.SUSPEND:
            await queries.suspend_person(connection, user_id, until, now)
    await move_policy_version(connection)
    act = Act(
        action=f"spam.{measure.value}",
        target_kind="user",
        target_id=str(user_id),
        after={"until": rfc3339(until), **_evidence(assessed)},
        reason=f"spam score {assessed.scored.total}",
    )
    await record_act(connection, SERVER, act, now)


def _evidence(assessed: Assessed) -> dict[str, Any]:
    """The score as the audit log keeps it: numbers alone."""
    numbers = {it.signal: [it.value, it.points] for it in assessed.scored.reasons}
    return {"score": assessed.scored.total, "signals": numbers}

"""What moderators ask of the spam score, and do about it."""

import json
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import lock_person
from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import Conflict, InvalidInput
from fynix_server.protocol.moderation import ActRequest
from fynix_server.protocol.spam import (
    SpamActResponse,
    SpamAssessmentResponse,
    SpamExplanationResponse,
    SpamListQuery,
    SpamListResponse,
)
from fynix_server.resources import Resources
from fynix_server.spam import assessment_queries as queries
from fynix_server.spam.assessing import assess, shown
from fynix_server.spam.assessment_queries import AssessmentsWanted
from fynix_server.spam.measures import withheld
from fynix_server.spam.score import HOLD_FROM, SLOW_MODE_FROM, SUSPEND_FROM, Measure
from fynix_server.spam.settling import load_standing, require_person, settle, take_effect
from fynix_server.tables import AnyRow

FROM_SCORE = {
    Measure.SLOW_MODE.value: SLOW_MODE_FROM,
    Measure.HOLD.value: HOLD_FROM,
    Measure.SUSPEND.value: SUSPEND_FROM,
}


async def list_assessments(resources: Resources, wanted: SpamListQuery) -> SpamListResponse:
    """A page of those who were judged, or are exempt; the highest scores first.

    Raises: InvalidInput (`after` is none of ours).
    """
    which = AssessmentsWanted(wanted.measure, wanted.exempt, _place(wanted.after))
    async with resources.database.read() as connection:
        found = await queries.assessments(connection, which, wanted.limit + 1)
    page = found[: wanted.limit]
    has_more = len(found) > len(page)
    return SpamListResponse(
        people=[_response(it) for it in page],
        next_after=f"{page[-1].score}:{page[-1].user_id}" if has_more else None,
    )


async def explain(resources: Resources, user_id: UUID) -> SpamExplanationResponse:
    """Score somebody as of now, and tell what would come of it; nothing does.

    Raises: NotFound.
    """
    mode = resources.settings.spam
    assessed = await assess(resources.database, user_id, resources.clock())
    async with resources.database.read() as connection:
        person = await require_person(connection, user_id)
        standing = await load_standing(connection, person, assessed.at)
        last = await queries.find_assessment(connection, user_id)
    why_not = withheld(assessed.measure, standing, mode)
    return SpamExplanationResponse(
        user_id=user_id,
        username=person.username,
        mode=mode,
        score=assessed.scored.total,
        measure=assessed.measure.value,
        withheld=None if why_not is None else why_not.value,
        is_exempt=standing.is_exempt,
        signals=shown(assessed.signals),
        from_score=FROM_SCORE,
        last=None if last is None or last.assessed_at is None else _response(last),
    )


async def judge(
    resources: Resources, acting: Acting, user_id: UUID, request: ActRequest
) -> SpamActResponse:
    """Judge somebody now, as the watch would, and do what it would do.

    Raises: NotFound, InvalidInput (oneself), NotPermitted (their role is too high).
    """
    async with resources.database.read() as connection:
        await require_person(connection, user_id)
    assessed = await assess(resources.database, user_id, resources.clock())
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        await lock_person(connection, acting, user_id, assessed.at)
        settled = await settle(connection, resources.settings, assessed)
        after = {
            "score": assessed.scored.total,
            "measure": assessed.measure.value,
            "done": settled.done.value,
        }
        act = Act(acting.act, "user", str(user_id), {}, after, request.reason)
        audit_seq = await record_act(connection, acting.actor, act, assessed.at)
        assessment = await _assessment(connection, user_id)
    if not request.dry_run:
        await take_effect(resources, settled)
    return SpamActResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        done=settled.done.value,
        assessment=assessment,
    )


async def set_exempt(
    resources: Resources, acting: Acting, user_id: UUID, request: ActRequest, *, is_exempt: bool
) -> SpamActResponse:
    """Have the watch leave somebody alone, or no longer. What stands already stays.

    Raises: NotFound, InvalidInput (oneself), NotPermitted, Conflict (they are so already).
    """
    now = resources.clock()
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        await lock_person(connection, acting, user_id, now)
        known = await queries.find_assessment(connection, user_id)
        was_exempt = known is not None and known.is_exempt
        if was_exempt and is_exempt:
            raise Conflict("They are exempt already.", code="already_so")
        if not was_exempt and not is_exempt:
            raise Conflict("They are not exempt.", code="not_so")
        await queries.set_exempt(connection, user_id, is_exempt=is_exempt)
        before, after = {"exempt": was_exempt}, {"exempt": is_exempt}
        act = Act(acting.act, "user", str(user_id), before, after, request.reason)
        audit_seq = await record_act(connection, acting.actor, act, now)
        assessment = await _assessment(connection, user_id)
    return SpamActResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        done=Measure.NONE.value,
        assessment=assessment,
    )


async def _assessment(connection: AsyncConnection, user_id: UUID) -> SpamAssessmentResponse:
    row = await queries.find_assessment(connection, user_id)
    assert row is not None  # noqa: S101 - this transaction has stored it
    return _response(row)


def _response(row: AnyRow) -> SpamAssessmentResponse:
    return SpamAssessmentResponse(**{**row._mapping, "reasons": json.loads(row.reasons)})


def _place(after: str | None) -> tuple[int, UUID] | None:
    """Where a page begins. Raises: InvalidInput."""
    if after is None:
        return None
    score, _, user_id = after.partition(":")
    try:
        if not score.isascii() or not score.isdigit():
            raise ValueError
        return int(score), UUID(user_id)
    except ValueError:
        raise InvalidInput("`after` is not the `next_after` of a page.") from None

"""Reading what people wrote, where somebody has reported it; each page leaves a trace."""

from collections.abc import Sequence
from uuid import UUID

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import NotFound, NotPermitted
from fynix_server.moderation.content import queries
from fynix_server.protocol.moderated_content import (
    ReviewedMessage,
    ReviewRequest,
    ReviewResponse,
)
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow


async def review_conversation(
    resources: Resources, acting: Acting, conversation_id: UUID, request: ReviewRequest
) -> ReviewResponse:
    """A page of a reported conversation, deleted and hidden messages too; newest first.

    What is past its retention is shown to moderators no more than to anybody.

    Shown only once its entry in the audit log has been committed: so a dry run, which leaves
    none, tells how many there are and shows nothing.

    A report of one's own, or about oneself, opens nothing: else whoever takes part could read what
    was said before they joined, or find out what is held against them.

    Raises: NotFound, NotPermitted (nobody has reported it in a case that they could decide, or not
    in that case).
    """
    now = resources.clock()
    horizon = await resources.policy.horizon()
    audit_seq: int | None = None
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        if await queries.find_conversation(connection, conversation_id) is None:
            raise NotFound("There is no such conversation.", code="conversation_not_found")
        reviewer = queries.Reviewer(acting.user_id, may_judge_roles=acting.role == "admin")
        if not await queries.is_reported(connection, conversation_id, request.case_id, reviewer):
            problem = "Only what somebody else has reported, and you may decide about, may be read."
            raise NotPermitted(problem, code="not_reported")
        found = await queries.messages_before(
            connection, conversation_id, horizon, request.before_seq, request.limit + 1
        )
        page = found[: request.limit]
        after = {"case_id": str(request.case_id) if request.case_id else None, **_range(page)}
        act = Act(
            acting.act, "conversation", str(conversation_id), {}, after, reason=request.reason
        )
        audit_seq = await record_act(connection, acting.actor, act, now)
    return ReviewResponse(
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        conversation_id=conversation_id,
        **_range(page),
        has_more=len(found) > len(page),
        messages=[] if request.dry_run else [_reviewed(row) for row in page],
    )


def _range(page: Sequence[AnyRow]) -> dict[str, int | None]:
    return {
        "count": len(page),
        "first_seq": page[-1].seq if page else None,
        "last_seq": page[0].seq if page else None,
    }


def _reviewed(row: AnyRow) -> ReviewedMessage:
    return ReviewedMessage(
        id=row.id,
        seq=row.seq,
        sender_id=row.sender_id,
        sender_username=row.sender_username,
        content=row.content,
        content_type=row.content_type,
        created_at=row.created_at,
        edited_at=row.edited_at,
        is_deleted=row.is_deleted,
        deleted_by=row.deleted_by,
        hidden_because=row.hidden_because,
    )

"""Reading what people wrote who are part of a case: always with a reason, always on record."""

from uuid import UUID

from fynix_server.acted_on import PENDING
from fynix_server.administered import Acting
from fynix_server.protocol.cases import CasePerson, CaseReadResponse, EvidenceMessage
from fynix_server.protocol.moderation import ActRequest
from fynix_server.reports import case_queries
from fynix_server.reports.acting import Change, OnCase, act_on_case
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow


async def read_case(
    resources: Resources, acting: Acting, case_id: UUID, request: ActRequest
) -> CaseReadResponse:
    """The reporter's comment and the evidence, closed or not; a dry run shows neither.

    Of a closed case nothing that is past its retention: what was open to be judged no more is.

    Raises: what `act_on_case` raises.
    """
    horizon = await resources.policy.horizon()
    comment: str | None = None
    evidence: list[EvidenceMessage] = []

    async def apply(on: OnCase) -> Change:
        nonlocal comment, evidence
        comment = await case_queries.comment_of(on.connection, case_id)
        rows = await case_queries.evidence_of(on.connection, case_id)
        evidence = [
            _shown(row, on.case.message_id)
            for row in rows
            if on.case.status in PENDING
            or not horizon.hides(on.case.conversation_id, row.created_at)
        ]
        return Change({}, {"evidence_messages": len(evidence)})

    done = await act_on_case(resources, acting, case_id, request, apply)
    return CaseReadResponse(
        **done.model_dump(),
        comment=None if request.dry_run else comment,
        evidence=[] if request.dry_run else evidence,
    )


def _shown(row: AnyRow, reported_id: UUID | None) -> EvidenceMessage:
    sender = None
    if row.sender_username is not None:
        sender = CasePerson(id=row.sender_id, username=row.sender_username)
    return EvidenceMessage(
        message_id=row.message_id,
        seq=row.seq,
        sender=sender,
        content=row.content,
        content_type=row.content_type,
        created_at=row.created_at,
        edited_at=row.edited_at,
        is_deleted=row.is_deleted,
        is_reported=row.message_id == reported_id,
    )

"""Cases: reports as moderators see them and work on them."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import MAX_PAGE_SIZE, Reason, Shape, Timestamp
from fynix_server.protocol.moderation import ActRequest
from fynix_server.protocol.reports import CaseStatus, ReportReason


class CasePerson(Shape):
    id: UUID
    username: str


class CaseResponse(Shape):
    """A case, without anything that people wrote. `user`: whom it is about; of a message its
    sender. `outcome`: what the reporter was told."""

    id: UUID
    status: CaseStatus
    reason: ReportReason
    user: CasePerson
    reporter: CasePerson
    assigned_to: CasePerson | None
    message_id: UUID | None
    conversation_id: UUID | None
    outcome: str | None
    created_at: Timestamp
    updated_at: Timestamp
    closed_at: Timestamp | None


class CaseDetails(CaseResponse):
    """With how much there is to read, and how many cases about the same person are not closed."""

    has_comment: bool
    evidence_messages: int
    pending_about_user: int


class CasesQuery(Shape):
    status: Literal["open", "assigned", "actioned", "dismissed", "all"] | None = Field(
        None, description="Left out: open; with assigned_to: assigned."
    )
    assigned_to: Literal["me"] | UUID | None = Field(None, description="me, or a moderator's id.")
    user_id: UUID | None = Field(None, description="Whom it is about.")
    reporter_id: UUID | None = Field(None, description="Who reported it.")
    limit: int = Field(50, ge=1, le=MAX_PAGE_SIZE)
    after: UUID | None = Field(None, description="The last id of the page before.")


class CaseListResponse(Shape):
    """The oldest first. `next_after` is null on the last page."""

    cases: list[CaseResponse]
    next_after: UUID | None


class AssignRequest(ActRequest):
    """`assignee_id` null: to oneself."""

    assignee_id: UUID | None = None


class ActionRequest(ActRequest):
    """`outcome` is what the reporter is told."""

    outcome: Reason


class DismissRequest(ActRequest):
    """`outcome` is what the reporter is told; null: that nothing against the rules was found."""

    outcome: Reason | None = None


class CaseActResponse(Shape):
    """What an act has made of a case. `audit_seq`: its number in the audit log; null in a dry run,
    which leaves none."""

    action: str
    dry_run: bool
    audit_seq: int | None
    case: CaseResponse


class EvidenceMessage(Shape):
    """A message as it stood when the report was made. `sender` null: there is no such person any
    more. `is_deleted`: it was deleted by then. `is_reported`: it is the one reported."""

    message_id: UUID
    seq: int
    sender: CasePerson | None
    content: str
    content_type: str
    created_at: Timestamp
    edited_at: Timestamp | None
    is_deleted: bool
    is_reported: bool


class CaseReadResponse(CaseActResponse):
    """A case with what people wrote: the reporter's comment and the evidence, in its order. A dry
    run shows neither, since reading leaves its entry in the audit log."""

    comment: str | None
    evidence: list[EvidenceMessage]

"""How long messages are kept, and what must stay: what admins ask for, and what they are told."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fynix_server.protocol.fields import Shape, Timestamp
from fynix_server.protocol.moderation import ActRequest

MAX_RETENTION_DAYS = 36_500
Days = Annotated[int, Field(strict=True, ge=1, le=MAX_RETENTION_DAYS)]
HoldKind = Literal["user", "conversation"]


class RetentionScopeRequest(ActRequest):
    """`conversation_id` null: the policy of the server."""

    conversation_id: UUID | None = None


class RetentionSetRequest(RetentionScopeRequest):
    """`days`: messages older than so many are shown no more, and may be cleaned up."""

    days: Days


class RetentionPolicyResponse(Shape):
    """`conversation_id` null: the policy of the server. `name`: of a group that has one."""

    conversation_id: UUID | None
    name: str | None = None
    days: int
    set_by: str
    created_at: Timestamp


class RetentionQuery(Shape):
    limit: int = Field(50, ge=1, le=100)
    after: UUID | None = Field(None, description="The last conversation of the page before.")


class RetentionPoliciesResponse(Shape):
    """`server` null: there is none. Those of conversations by their ids; `next_after` is null on
    the last page."""

    server: RetentionPolicyResponse | None
    conversations: list[RetentionPolicyResponse]
    next_after: UUID | None


class RetentionActResponse(Shape):
    """What an act on a policy has made of it. `days` null: there is none any more.

    `cutoff`: what was sent before it is shown no more, of which there are `hidden_messages` that
    were shown until now. `audit_seq` is null in a dry run.
    """

    action: str
    dry_run: bool
    audit_seq: int | None
    conversation_id: UUID | None
    days: int | None
    cutoff: Timestamp | None
    hidden_messages: int


class LegalHoldRequest(ActRequest):
    """`subject_id`: of a person, whose messages must stay wherever they are, or a conversation."""

    kind: HoldKind
    subject_id: UUID


class LegalHoldResponse(Shape):
    """`name`: of the person, or of a group that has one. `set_by`: the id of an admin. Why stands
    in the audit log."""

    kind: HoldKind
    subject_id: UUID
    name: str | None
    set_by: str
    created_at: Timestamp


class LegalHoldsQuery(Shape):
    kind: HoldKind = "user"
    limit: int = Field(50, ge=1, le=100)
    after: UUID | None = Field(None, description="The last subject of the page before.")


class LegalHoldsResponse(Shape):
    """Of one kind, by the ids of their subjects. `next_after` is null on the last page."""

    holds: list[LegalHoldResponse]
    next_after: UUID | None


class LegalHoldActResponse(Shape):
    """`is_held`: what has become of it. `audit_seq` is null in a dry run."""

    action: str
    dry_run: bool
    audit_seq: int | None
    kind: HoldKind
    subject_id: UUID
    is_held: bool

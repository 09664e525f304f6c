"""Every WebSocket frame, both ways, as closed unions; the only decoder of what clients send.

Durable frames carry `conversation_id` and `seq` at their top: each number of a conversation's
counter reaches an opted-in participant as exactly one frame. The others are ephemeral.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, TypeAdapter

from fynix_server.protocol.conversations import (
    ConversationResponse,
    ParticipantResponse,
    ParticipantRole,
)
from fynix_server.protocol.fields import ClientMessageId, Content, Shape, Timestamp
from fynix_server.protocol.messages import ClientContentType, MessageResponse

SUBPROTOCOL = "fynix.v1"
MAX_RESUME_CURSORS = 10_000
MAX_REPLAY_FRAMES = 300
"""More missed than this in one conversation is answered with `resync_required`."""

Reference = Annotated[str, Field(min_length=1, max_length=64)]
Sequence = Annotated[int, Field(ge=0, le=2**62)]


# ── from clients ─────────────────────────────────────────────────────────────────────────────


class Ping(Shape):
    type: Literal["ping"]


class TypingCommand(Shape):
    type: Literal["typing"]
    conversation_id: UUID
    is_typing: StrictBool


class MarkReadCommand(Shape):
    type: Literal["mark_read"]
    conversation_id: UUID
    message_id: UUID


class SendMessageCommand(Shape):
    """Answered by `ack` or `error` with the same `ref`."""

    type: Literal["send_message"]
    ref: Reference | None = None
    conversation_id: UUID
    content: Content
    content_type: ClientContentType = "text"
    client_message_id: ClientMessageId | None = None


class ResumeCommand(Shape):
    """`cursors`: the last `seq` seen of each conversation. Empty: from now on."""

    type: Literal["resume"]
    ref: Reference | None = None
    cursors: dict[UUID, Sequence] = Field(default_factory=dict, max_length=MAX_RESUME_CURSORS)


ClientFrame = Annotated[
    Ping | TypingCommand | MarkReadCommand | SendMessageCommand | ResumeCommand,
    Field(discriminator="type"),
]
client_frame_adapter: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)


# ── from the server: the mission's ───────────────────────────────────────────────────────────


class Pong(Shape):
    type: Literal["pong"] = "pong"


class Typing(Shape):
    """A participant started or stopped typing. Never stored; may be dropped under load."""

    type: Literal["typing"] = "typing"
    conversation_id: UUID
    user_id: UUID
    is_typing: bool


class NewMessage(Shape):
    """`message` is as it was when sent: read by nobody."""

    type: Literal["new_message"] = "new_message"
    conversation_id: UUID
    seq: int
    message: MessageResponse


class MessageRead(Shape):
    """Everything up to and including `message_id` was read by `user_id`."""

    type: Literal["message_read"] = "message_read"
    conversation_id: UUID
    user_id: UUID
    message_id: UUID
    read_at: Timestamp


# ── from the server: only to clients that opted in (subprotocol `fynix.v1`, or a `resume`) ───


class Hello(Shape):
    type: Literal["hello"] = "hello"
    user_id: UUID
    session_id: UUID
    connection_id: UUID
    heartbeat_seconds: int
    server_version: str


class MessageUpdated(Shape):
    type: Literal["message_updated"] = "message_updated"
    conversation_id: UUID
    seq: int
    message: MessageResponse


class MessageDeleted(Shape):
    """In a replay also stands at the message's own `seq`, in place of its content."""

    type: Literal["message_deleted"] = "message_deleted"
    conversation_id: UUID
    seq: int
    message_id: UUID
    deleted_by: UUID | None


class ConversationCreated(Shape):
    """The conversation as it began: nothing read, nothing sent."""

    type: Literal["conversation_created"] = "conversation_created"
    conversation_id: UUID
    seq: int
    conversation: ConversationResponse


class ConversationUpdated(Shape):
    """A group was renamed or described anew, or moderators froze a conversation, or let it go on.

    `is_frozen` None: that has not changed. `updated_by` None: moderators did it.
    """

    type: Literal["conversation_updated"] = "conversation_updated"
    conversation_id: UUID
    seq: int
    name: str | None
    description: str | None
    updated_by: UUID | None
    is_frozen: bool | None = None


class ParticipantAdded(Shape):
    type: Literal["participant_added"] = "participant_added"
    conversation_id: UUID
    seq: int
    participant: ParticipantResponse
    added_by: UUID


class ParticipantUpdated(Shape):
    """Somebody has another role. A change of owner is two: who had it first, then who has it.

    `updated_by`: who decided so; of an heir, the owner who left.
    """

    type: Literal["participant_updated"] = "participant_updated"
    conversation_id: UUID
    seq: int
    user_id: UUID
    role: ParticipantRole
    updated_by: UUID


class ParticipantRemoved(Shape):
    """`removed_by` is the same as `user_id` where they left. Their last frame of it."""

    type: Literal["participant_removed"] = "participant_removed"
    conversation_id: UUID
    seq: int
    user_id: UUID
    removed_by: UUID


class ResyncRequired(Shape):
    """Too much was missed: read the conversation anew by REST, then go on from `last_seq`."""

    type: Literal["resync_required"] = "resync_required"
    conversation_id: UUID
    last_seq: int
    reason: Literal["too_many_missed"] = "too_many_missed"


class ServerNotice(Shape):
    type: Literal["server_notice"] = "server_notice"
    detail: str


# ── from the server: answers to one's own command ────────────────────────────────────────────


class Ack(Shape):
    type: Literal["ack"] = "ack"
    ref: str | None
    message: MessageResponse


class Resumed(Shape):
    """The replay is over; live frames follow. `cursors`: where each of one's conversations stands,
    so what to name in the next `resume`."""

    type: Literal["resumed"] = "resumed"
    ref: str | None = None
    cursors: dict[UUID, int]


class ErrorFrame(Shape):
    """`code` 4003 malformed, 4004 no such conversation or not yours, 4008 too many.

    `error` is the same stable string as REST's `code`; `retry_after` is in seconds.
    """

    type: Literal["error"] = "error"
    code: int
    error: str
    status_code: int
    detail: str
    ref: str | None = None
    retry_after: int | None = None


DurableFrame = (
    NewMessage
    | MessageUpdated
    | MessageDeleted
    | ConversationCreated
    | ConversationUpdated
    | ParticipantAdded
    | ParticipantUpdated
    | ParticipantRemoved
)
ServerFrame = Annotated[
    Pong
    | Typing
    | NewMessage
    | MessageRead
    | Hello
    | MessageUpdated
    | MessageDeleted
    | ConversationCreated
    | ConversationUpdated
    | ParticipantAdded
    | ParticipantUpdated
    | ParticipantRemoved
    | ResyncRequired
    | ServerNotice
    | Ack
    | Resumed
    | ErrorFrame,
    Field(discriminator="type"),
]
server_frame_adapter: TypeAdapter[ServerFrame] = TypeAdapter(ServerFrame)

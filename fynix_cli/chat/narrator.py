"""A live frame, told in a line."""

from datetime import UTC, datetime
from uuid import UUID

from fynix_cli.client.failures import ApiError
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import Unreachable
from fynix_cli.output import local_clock, local_time, visible
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.protocol.frames import (
    ConversationCreated,
    ConversationUpdated,
    MessageDeleted,
    MessageRead,
    MessageUpdated,
    NewMessage,
    ParticipantAdded,
    ParticipantRemoved,
    ParticipantUpdated,
    ServerFrame,
    Typing,
)

SHORT_ID = 8
UNKNOWN_TIME = "--:--:--"
GroupFrame = (
    ConversationCreated
    | ConversationUpdated
    | ParticipantAdded
    | ParticipantUpdated
    | ParticipantRemoved
)
_ROLES = {"owner": "the owner", "admin": "an admin", "member": "a member"}


class Narrator:
    """Tells a frame in a line. Looks up the names of which frames have only the ids.

    `is_live`: what comes happens now; else it is told of later, and not of all it is known when.
    """

    def __init__(self, rest: RestClient, *, is_live: bool = True) -> None:
        self.is_live = is_live
        self._rest = rest
        self._conversations: dict[UUID, ConversationResponse | None] = {}

    async def line(self, frame: ServerFrame) -> str:
        conversation = await self._conversation_of(frame)
        is_group = conversation is not None and conversation.is_group
        place = f"[{conversation.name}] " if conversation and is_group else ""
        if isinstance(frame, NewMessage):
            mark = " (blocked)" if frame.message.is_from_blocked else ""
            told = f"{place}{frame.message.sender_username}{mark}: {frame.message.content}"
        else:
            told = f"{place}* {told_in_words(frame, conversation)}"
        return f"{_time_of(frame, self.is_live)} {visible(told)}"

    async def _conversation_of(self, frame: ServerFrame) -> ConversationResponse | None:
        """None: the frame has none, or this person may not see it (any more)."""
        conversation_id: UUID | None = getattr(frame, "conversation_id", None)
        if conversation_id is None:
            return None
        if isinstance(frame, ConversationCreated):
            self._conversations[conversation_id] = frame.conversation
        elif isinstance(frame, ConversationUpdated | ParticipantAdded):
            self._conversations.pop(conversation_id, None)
        if conversation_id not in self._conversations:
            self._conversations[conversation_id] = await self._fetch(conversation_id)
        return self._conversations[conversation_id]

    async def _fetch(self, conversation_id: UUID) -> ConversationResponse | None:
        try:
            return await self._rest.conversation(conversation_id)
        except (ApiError, Unreachable):
            # A name is not worth losing the line over.
            return None


def _time_of(frame: ServerFrame, is_live: bool) -> str | None:
    """When it happened, so far as the frame says so, else now; with its date if not of today."""
    moment = _moment_of(frame)
    if moment is None and not is_live:
        return UNKNOWN_TIME
    moment = moment or datetime.now(UTC)
    is_today = moment.astimezone().date() == datetime.now().astimezone().date()
    return local_clock(moment) if is_today else local_time(moment)


def _moment_of(frame: ServerFrame) -> datetime | None:
    if isinstance(frame, NewMessage):
        return frame.message.created_at
    if isinstance(frame, MessageUpdated):
        return frame.message.edited_at
    if isinstance(frame, MessageRead):
        return frame.read_at
    if isinstance(frame, ConversationCreated):
        return frame.conversation.created_at
    return frame.participant.joined_at if isinstance(frame, ParticipantAdded) else None


def told_in_words(frame: ServerFrame, conversation: ConversationResponse | None) -> str:
    """What happened, without its time. Not made visible: others' names and texts stand in it."""
    if isinstance(frame, MessageUpdated | MessageDeleted | MessageRead | Typing):
        return _told_of_message(frame, conversation)
    if isinstance(frame, GroupFrame):
        return _told_of_conversation(frame, conversation)
    return str(getattr(frame, "detail", frame.type))


def _told_of_message(
    frame: MessageUpdated | MessageDeleted | MessageRead | Typing,
    conversation: ConversationResponse | None,
) -> str:
    if isinstance(frame, MessageUpdated):
        return f"{frame.message.sender_username} changed a message: {frame.message.content}"
    if isinstance(frame, MessageDeleted):
        return f"{_name(frame.deleted_by, conversation)} deleted a message"
    who = _name(frame.user_id, conversation)
    if isinstance(frame, MessageRead):
        return f"{who} has read this far"
    return f"{who} is typing" if frame.is_typing else f"{who} stopped typing"


def _told_of_conversation(frame: GroupFrame, conversation: ConversationResponse | None) -> str:
    if isinstance(frame, ConversationCreated):
        names = ", ".join(person.username for person in frame.conversation.participants)
        return f"a conversation of {names} began"
    if isinstance(frame, ConversationUpdated) and frame.is_frozen is not None:
        return "moderators froze the conversation" if frame.is_frozen else "it may go on"
    if isinstance(frame, ConversationUpdated):
        return f"{_name(frame.updated_by, conversation)} named the group {frame.name}"
    if isinstance(frame, ParticipantAdded):
        added_by = _name(frame.added_by, conversation)
        return f"{added_by} added {frame.participant.username}"
    who = _name(frame.user_id, conversation)
    if isinstance(frame, ParticipantUpdated):
        role = _ROLES[frame.role]
        if frame.updated_by == frame.user_id:
            return f"{who} is {role} now"
        return f"{_name(frame.updated_by, conversation)} made {who} {role}"
    if frame.removed_by == frame.user_id:
        return f"{who} left"
    return f"{_name(frame.removed_by, conversation)} removed {who}"


def _name(user_id: UUID | None, conversation: ConversationResponse | None) -> str:
    if user_id is None:
        return "somebody"
    people = conversation.participants if conversation else []
    names = (person.username for person in people if person.user_id == user_id)
    return next(names, f"user {str(user_id)[:SHORT_ID]}")

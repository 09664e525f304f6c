"""Printing live frames, as a line for eyes or as JSON."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import get_args
from uuid import UUID

from fynix_cli.chat.targets import conversation_to_look_at
from fynix_cli.client.failures import ApiError
from fynix_cli.client.live import LiveClient
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError, Unreachable
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import TailFormat, emit, local_clock, print_json_line, talk, visible
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.protocol.frames import (
    ConversationCreated,
    ConversationUpdated,
    DurableFrame,
    MessageDeleted,
    MessageRead,
    MessageUpdated,
    NewMessage,
    ParticipantAdded,
    ParticipantRemoved,
    ServerFrame,
    ServerNotice,
    Typing,
)

SHORT_ID = 8
FRAME_TYPES = frozenset(
    str(model.model_fields["type"].default)
    for model in (*get_args(DurableFrame), MessageRead, Typing, ServerNotice)
)


@dataclass(frozen=True)
class TailFilter:
    """What to print. None and empty: everything."""

    conversation: str | None
    types: frozenset[str]


def check_types(names: list[str]) -> frozenset[str]:
    """Raises: CommandError (a type that no frame has, which would wait for ever)."""
    unknown = sorted(set(names) - FRAME_TYPES)
    if unknown:
        raise CommandError(
            f"there is no frame type {unknown[0]!r}",
            hint=f"there are: {', '.join(sorted(FRAME_TYPES))}",
            exit_code=ExitCode.USAGE,
        )
    return frozenset(names)


async def tail(rest: RestClient, wanted: TailFilter, output: TailFormat) -> None:
    """Print frames until interrupted or told by the server not to come back."""
    async with rest:
        only = None
        if wanted.conversation is not None:
            only = (await conversation_to_look_at(rest, wanted.conversation)).id
        live = LiveClient(rest, on_state=lambda text: talk(f"fynix tail: {text}"))
        narrator = Narrator(rest)
        async with aclosing(live.frames()) as frames:
            async for frame in frames:
                if not _is_wanted(frame, only, wanted.types):
                    continue
                if output is TailFormat.jsonl:
                    print_json_line(frame.model_dump(mode="json"))
                else:
                    emit(await narrator.line(frame))


def _is_wanted(frame: ServerFrame, only: UUID | None, types: frozenset[str]) -> bool:
    if only is not None and getattr(frame, "conversation_id", None) != only:
        return False
    return not types or frame.type in types


class Narrator:
    """Tells a frame in a line. Looks up the names of which frames have only the ids."""

    def __init__(self, rest: RestClient) -> None:
        self._rest = rest
        self._conversations: dict[UUID, ConversationResponse | None] = {}

    async def line(self, frame: ServerFrame) -> str:
        conversation = await self._conversation_of(frame)
        is_group = conversation is not None and conversation.is_group
        place = f"[{conversation.name}] " if conversation and is_group else ""
        if isinstance(frame, NewMessage):
            told = f"{place}{frame.message.sender_username}: {frame.message.content}"
            return f"{local_clock(frame.message.created_at)} {visible(told)}"
        moment = frame.read_at if isinstance(frame, MessageRead) else None
        return f"{local_clock(moment)} {visible(f'{place}* {_told(frame, conversation)}')}"

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


def _told(frame: ServerFrame, conversation: ConversationResponse | None) -> str:
    if isinstance(frame, MessageUpdated | MessageDeleted | MessageRead | Typing):
        return _told_of_message(frame, conversation)
    if isinstance(
        frame, ConversationCreated | ConversationUpdated | ParticipantAdded | ParticipantRemoved
    ):
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


def _told_of_conversation(
    frame: ConversationCreated | ConversationUpdated | ParticipantAdded | ParticipantRemoved,
    conversation: ConversationResponse | None,
) -> str:
    if isinstance(frame, ConversationCreated):
        names = ", ".join(person.username for person in frame.conversation.participants)
        return f"a conversation of {names} began"
    if isinstance(frame, ConversationUpdated):
        return f"{_name(frame.updated_by, conversation)} named the group {frame.name}"
    if isinstance(frame, ParticipantAdded):
        added_by = _name(frame.added_by, conversation)
        return f"{added_by} added {frame.participant.username}"
    who = _name(frame.user_id, conversation)
    if frame.removed_by == frame.user_id:
        return f"{who} left"
    return f"{_name(frame.removed_by, conversation)} removed {who}"


def _name(user_id: UUID | None, conversation: ConversationResponse | None) -> str:
    if user_id is None:
        return "somebody"
    people = conversation.participants if conversation else []
    names = (person.username for person in people if person.user_id == user_id)
    return next(names, f"user {str(user_id)[:SHORT_ID]}")

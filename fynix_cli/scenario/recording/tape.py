"""What happened while it was recorded: each thing once, whoever saw it, and when they did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

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
    ParticipantUpdated,
    ServerFrame,
    Typing,
)

SAME_TYPING_SECONDS = 2.0
"""Typing has neither a number nor an id: so close together it is one for all who see it."""


@dataclass
class Happening:
    """One thing that somebody did. `at`: when it was first seen, as seconds of the monotonic
    clock; `seen`: when each of the recorded people saw it."""

    frame: DurableFrame | MessageRead | Typing
    at: float
    seen: dict[UUID, float] = field(default_factory=dict)

    @property
    def conversation_id(self) -> UUID:
        return self.frame.conversation_id

    @property
    def seq(self) -> int | None:
        """Its number in the conversation; None: it has none."""
        return getattr(self.frame, "seq", None)


class Tape:
    """The happenings, and what is known of people and conversations.

    `standing`: by id, the conversations as they were before anything that is recorded.
    """

    def __init__(self) -> None:
        self.happenings: list[Happening] = []
        self.standing: dict[UUID, ConversationResponse] = {}
        self.usernames: dict[UUID, str] = {}
        self._known: dict[tuple[Any, ...], Happening] = {}

    def begin_with(self, conversations: Mapping[UUID, ConversationResponse]) -> None:
        """Where things stand for one of the recorded people; of two tellings the older counts."""
        for conversation_id, told in conversations.items():
            known = self.standing.get(conversation_id)
            if known is None or told.last_seq < known.last_seq:
                self.standing[conversation_id] = told
            self._learn_names(told)

    def is_known(self, frame: ServerFrame) -> bool:
        """Whether the frame's conversation is one whose members are known."""
        conversation_id = getattr(frame, "conversation_id", None)
        is_new = isinstance(frame, ConversationCreated)
        return conversation_id is None or is_new or self._has_begun(conversation_id)

    def note(self, person_id: UUID, frame: ServerFrame, at: float) -> Happening | None:
        """A frame has come to one of the recorded people. What happened, if that is news."""
        if not isinstance(frame, DurableFrame | MessageRead | Typing):
            return None
        self._learn(frame)
        if self.note_sight(person_id, frame, at):
            return None
        happening = Happening(frame, at, {person_id: at})
        self.happenings.append(happening)
        self._known[_key(frame)] = happening
        return happening

    def note_sight(self, person_id: UUID, frame: ServerFrame, at: float) -> bool:
        """The same, unless it is news. Whether it was none."""
        if not isinstance(frame, DurableFrame | MessageRead | Typing):
            return True
        happening = self._same(person_id, frame, at)
        if happening is not None:
            happening.seen.setdefault(person_id, at)
            if _is_fresher(frame, happening.frame):
                happening.frame = frame
        return happening is not None

    def _same(
        self, person_id: UUID, frame: DurableFrame | MessageRead | Typing, at: float
    ) -> Happening | None:
        found = self._known.get(_key(frame))
        if found is None or not isinstance(frame, Typing):
            return found
        is_old = person_id in found.seen or at - found.at > SAME_TYPING_SECONDS
        return None if is_old else found

    def _has_begun(self, conversation_id: UUID) -> bool:
        return conversation_id in self.standing or any(
            isinstance(it.frame, ConversationCreated) and it.conversation_id == conversation_id
            for it in self.happenings
        )

    def _learn(self, frame: DurableFrame | MessageRead | Typing) -> None:
        if isinstance(frame, NewMessage | MessageUpdated):
            self.usernames[frame.message.sender_id] = frame.message.sender_username
        elif isinstance(frame, ParticipantAdded):
            self.usernames[frame.participant.user_id] = frame.participant.username
        elif isinstance(frame, ConversationCreated):
            self._learn_names(frame.conversation)

    def _learn_names(self, conversation: ConversationResponse) -> None:
        for participant in conversation.participants:
            self.usernames[participant.user_id] = participant.username


def _key(frame: DurableFrame | MessageRead | Typing) -> tuple[Any, ...]:
    if isinstance(frame, MessageRead):
        return frame.type, frame.conversation_id, frame.user_id, frame.message_id
    if isinstance(frame, Typing):
        return frame.type, frame.conversation_id, frame.user_id, frame.is_typing
    return frame.type, frame.conversation_id, frame.seq


def _is_fresher(frame: ServerFrame, other: ServerFrame) -> bool:
    """Whether it tells a message as it was nearer to then: one that is sent after a gap tells it
    as it is now."""
    if not isinstance(frame, NewMessage | MessageUpdated) or not isinstance(other, type(frame)):
        return False
    edited_at, others = frame.message.edited_at, other.message.edited_at
    return others is not None and (edited_at is None or edited_at < others)


def actor_of(frame: ServerFrame) -> UUID | None:
    """Who did it; None: the frame does not say."""
    match frame:
        case NewMessage() | MessageUpdated():
            return frame.message.sender_id
        case MessageDeleted():
            return frame.deleted_by
        case ConversationUpdated() | ParticipantUpdated():
            return frame.updated_by
        case ParticipantAdded():
            return frame.added_by
        case ParticipantRemoved():
            return frame.removed_by
        case MessageRead() | Typing():
            return frame.user_id
        case ConversationCreated():
            return owner_of(frame.conversation)
    return None


def owner_of(conversation: ConversationResponse) -> UUID | None:
    """Of a group; None: nobody, as of two."""
    owners = (it.user_id for it in conversation.participants if it.role == "owner")
    return next(owners, None)


def touched_by(frame: ServerFrame) -> UUID | None:
    """To whom it was done, where that is somebody."""
    if isinstance(frame, ParticipantAdded):
        return frame.participant.user_id
    return frame.user_id if isinstance(frame, ParticipantRemoved | ParticipantUpdated) else None

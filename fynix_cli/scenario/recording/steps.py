"""What was recorded, as steps: what somebody did, and that the others see it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fynix_cli.scenario.recording.tape import Happening
from fynix_cli.scenario.recording.vocabulary import Vocabulary
from fynix_server.protocol.frames import (
    ConversationUpdated,
    MessageDeleted,
    MessageRead,
    MessageUpdated,
    NewMessage,
    ParticipantAdded,
    ParticipantRemoved,
    ParticipantUpdated,
    Typing,
)

Args = dict[str, Any]


class StepWriter:
    """Turns happenings into steps, in their order: what one saves, later ones refer to."""

    def __init__(self, words: Vocabulary, contents: Mapping[int, str]) -> None:
        """`contents`: by the `id` of a happening, what its message says from then on."""
        self._words = words
        self._contents = contents
        self._described: dict[UUID, str | None] = {}

    def describe(self, conversation_id: UUID, description: str | None) -> None:
        """What the description of a group is now."""
        self._described[conversation_id] = description

    def deed(self, happening: Happening) -> tuple[str, Args]:
        """The verb and the arguments of the step that does it; not of a new conversation."""
        frame = happening.frame
        where = {"in": self._words.ref(happening.conversation_id)}
        match frame:
            case MessageRead():
                return "read", {**where, "upto": self._words.ref(frame.message_id)}
            case Typing():
                return "typing", where if frame.is_typing else {**where, "is": False}
            case ConversationUpdated():
                return "rename", where | self._renaming(frame)
            case ParticipantAdded() | ParticipantUpdated() | ParticipantRemoved():
                return self._of_people(frame, where)
            case NewMessage() | MessageUpdated() | MessageDeleted():
                return self._of_message(happening, where)
        raise AssertionError(f"{frame.type} is no deed")

    def sight(self, happening: Happening) -> Args:
        """The arguments of the `expect` of whoever sees it."""
        return {"event": happening.frame.type, "where": self._where(happening)}

    def _of_message(self, happening: Happening, where: Args) -> tuple[str, Args]:
        frame: Any = happening.frame
        if isinstance(frame, MessageDeleted):
            return "delete", {"message": self._words.ref(frame.message_id)}
        text = {"text": self._words.said(self._contents[id(happening)])}
        if isinstance(frame, MessageUpdated):
            return "edit", {"message": self._words.ref(frame.message.id), **text}
        kind = frame.message.content_type
        more = {} if kind == "text" else {"content_type": str(kind)}
        saved = {"save": self._words.call_message(frame.message.id)}
        return "send", where | text | more | saved

    def _of_people(
        self, frame: ParticipantAdded | ParticipantUpdated | ParticipantRemoved, where: Args
    ) -> tuple[str, Args]:
        if isinstance(frame, ParticipantAdded):
            return "add", {**where, "who": self._words.people[frame.participant.user_id]}
        if isinstance(frame, ParticipantUpdated):
            who = self._words.people[frame.user_id]
            return "role", {**where, "who": who, "is": frame.role}
        if frame.user_id == frame.removed_by:
            return "leave", where
        return "remove", {**where, "who": self._words.people[frame.user_id]}

    def _renaming(self, frame: ConversationUpdated) -> Args:
        args: Args = {"name": self._words.said(frame.name or "")}
        if frame.description != self._described.get(frame.conversation_id):
            args["description"] = self._words.said(frame.description or "")
        self.describe(frame.conversation_id, frame.description)
        return args

    def _where(self, happening: Happening) -> Args:
        frame = happening.frame
        of = {"conversation_id": f"{self._words.ref(happening.conversation_id)}.id"}
        match frame:
            case NewMessage():
                return {"message.id": self._id(frame.message.id)}
            case MessageUpdated():
                content = self._words.said(self._contents[id(happening)])
                return {"message.id": self._id(frame.message.id), "message.content": content}
            case MessageDeleted():
                return {"message_id": self._id(frame.message_id)}
            case MessageRead():
                reader = self._person(frame.user_id)
                return {"user_id": reader, "message_id": self._id(frame.message_id)}
            case Typing():
                return {**of, "user_id": self._person(frame.user_id), "is_typing": frame.is_typing}
            case ConversationUpdated():
                return {**of, "name": self._words.said(frame.name or "")}
        return of | self._whom(frame)

    def _whom(self, frame: Any) -> Args:
        if isinstance(frame, ParticipantAdded):
            return {"participant.user_id": self._person(frame.participant.user_id)}
        role = {"role": frame.role} if isinstance(frame, ParticipantUpdated) else {}
        return {"user_id": self._person(frame.user_id)} | role if hasattr(frame, "user_id") else {}

    def _id(self, message_id: UUID) -> str:
        return f"{self._words.ref(message_id)}.id"

    def _person(self, user_id: UUID) -> str:
        return f"${self._words.people[user_id]}.id"

"""What is being recorded, in a line for whoever records it."""

from collections.abc import Callable
from uuid import UUID

from fynix_cli.output import local_clock
from fynix_cli.scenario.recording.tape import Happening, Tape, actor_of
from fynix_server.protocol.frames import (
    ConversationUpdated,
    MessageUpdated,
    NewMessage,
    ParticipantAdded,
    ParticipantRemoved,
    ParticipantUpdated,
    Typing,
)

_PLAIN = {
    "conversation_created": "begins a conversation",
    "message_deleted": "deletes a message",
    "message_read": "reads",
}


def told(tape: Tape, happening: Happening, wording: Callable[[str], str]) -> str:
    """`wording`: what becomes of a text."""
    actor = actor_of(happening.frame)
    who = "somebody" if actor is None else _name(tape, actor)
    return f"{local_clock()} {who} {_what(tape, happening, wording)}"


def _what(tape: Tape, happening: Happening, wording: Callable[[str], str]) -> str:
    frame = happening.frame
    match frame:
        case NewMessage():
            return f"sends: {wording(frame.message.content)}"
        case MessageUpdated():
            return f"edits: {wording(frame.message.content)}"
        case Typing():
            return "types" if frame.is_typing else "types no more"
        case ConversationUpdated():
            return f"renames a group: {wording(frame.name or '')}"
        case ParticipantAdded():
            return f"adds {frame.participant.username}"
        case ParticipantUpdated() | ParticipantRemoved():
            return _what_to_whom(tape, frame)
    return _PLAIN[frame.type]


def _what_to_whom(tape: Tape, frame: ParticipantUpdated | ParticipantRemoved) -> str:
    whom = _name(tape, frame.user_id)
    if isinstance(frame, ParticipantUpdated):
        return f"makes {whom} {frame.role}"
    return "leaves" if frame.user_id == frame.removed_by else f"removes {whom}"


def _name(tape: Tape, user_id: UUID) -> str:
    return tape.usernames.get(user_id, "somebody")

"""Which of the recorded happenings can be done again, and who is needed for it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from fynix_cli.scenario.recording.tape import Happening, Tape, actor_of, owner_of, touched_by
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.protocol.frames import (
    ConversationCreated,
    MessageDeleted,
    NewMessage,
    ParticipantRemoved,
    ParticipantUpdated,
    Typing,
)

MAX_MEMBERS = 20
"""Of larger groups only those come in who say or see something."""


def playable(tape: Tape) -> list[Happening]:
    """Those that people can do, each where it makes a difference.

    Left out: what comes of something else by itself, what nobody knows the author of, what
    happened in conversations that nothing is known of, and what a server that is asked quickly
    would tell nobody of.
    """
    begun = {
        it.conversation_id for it in tape.happenings if isinstance(it.frame, ConversationCreated)
    }
    known = begun | set(tape.standing)
    typing, deletions, leavings = _TypingNow(), _deletions(tape), _leavings(tape)
    found = []
    for it in tape.happenings:
        frame = it.frame
        if it.conversation_id not in known or not _has_author(tape, it):
            continue
        if isinstance(frame, Typing) and not typing.is_changed_by(frame):
            continue
        if isinstance(frame, MessageDeleted) and deletions.get(frame.message_id) != frame.seq:
            continue
        if isinstance(frame, ParticipantUpdated) and _follows_by_itself(frame, leavings):
            continue
        if isinstance(frame, NewMessage) and frame.message.content_type == "system":
            continue
        found.append(it)
    return found


def _deletions(tape: Tape) -> dict[UUID, int]:
    """The number of each message's deletion. Told after a gap, a deletion also stands in place of
    the message, which is no deletion of its own."""
    sent = {
        (it.conversation_id, it.seq) for it in tape.happenings if isinstance(it.frame, NewMessage)
    }
    found: dict[UUID, int] = {}
    for it in tape.happenings:
        frame = it.frame
        if isinstance(frame, MessageDeleted) and (it.conversation_id, frame.seq) not in sent:
            found[frame.message_id] = max(frame.seq, found.get(frame.message_id, 0))
    return found


def _leavings(tape: Tape) -> set[tuple[UUID, int]]:
    """The conversation and the number of each."""
    frames = [it.frame for it in tape.happenings if isinstance(it.frame, ParticipantRemoved)]
    return {(it.conversation_id, it.seq) for it in frames if it.user_id == it.removed_by}


def _follows_by_itself(frame: ParticipantUpdated, leavings: set[tuple[UUID, int]]) -> bool:
    """Whether it comes of what else is done: of a transfer, which the next number tells of, or of
    the owner's leaving, which the one before does."""
    is_heir = (frame.conversation_id, frame.seq - 1) in leavings
    return is_heir or frame.user_id == frame.updated_by


class _TypingNow:
    """Who types where. A start is shown again every three seconds, and played without a pause it
    would not be; an end without a start was of what began before."""

    def __init__(self) -> None:
        self._now: set[tuple[UUID, UUID]] = set()

    def is_changed_by(self, frame: Typing) -> bool:
        key = frame.user_id, frame.conversation_id
        if (key in self._now) == frame.is_typing:
            return False
        self._now ^= {key}
        return True


def _has_author(tape: Tape, happening: Happening) -> bool:
    frame = happening.frame
    if isinstance(frame, ConversationCreated) and not frame.conversation.is_group:
        return True
    return actor_of(frame) in tape.usernames


def conversation_of(tape: Tape, happening: Happening) -> ConversationResponse:
    """As it was before what was recorded, or as it began."""
    frame = happening.frame
    if isinstance(frame, ConversationCreated):
        return frame.conversation
    standing = tape.standing.get(happening.conversation_id)
    if standing is not None:
        return standing
    return next(
        it.frame.conversation
        for it in tape.happenings
        if isinstance(it.frame, ConversationCreated)
        and it.conversation_id == happening.conversation_id
    )


def members_of(
    conversation: ConversationResponse, recorded: Sequence[UUID], about: Iterable[Happening]
) -> list[UUID]:
    """Who is to be in it from the start; `about`: what happens in it. Whoever owns it is first."""
    active = [it.user_id for it in conversation.participants if it.is_active]
    if len(active) > MAX_MEMBERS:
        needed = {*recorded, owner_of(conversation)}
        for it in about:
            needed |= {actor_of(it.frame), touched_by(it.frame)}
        active = [it for it in active if it in needed]
    owner = owner_of(conversation)
    return sorted(active, key=lambda it: it != owner)


def dm_opener(members: Sequence[UUID], recorded: Sequence[UUID], about: list[Happening]) -> UUID:
    """Who of the two began: the first to do something in it, else one who was recorded. Nothing
    says so, and to the server it is the same."""
    actors = (actor_of(it.frame) for it in about)
    acting = [it for it in actors if it is not None and it in members]
    return next(iter([*acting, *(it for it in recorded if it in members), *members]))

"""Where one conversation stands on this instance, and its logged frames as they are handed out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from fynix_server.event_bus import Envelope
from fynix_server.event_log import LoggedFrame, marked_frame
from fynix_server.membership import NOBODY, Members
from fynix_server.sockets.queries import MemberSpan


@dataclass(slots=True)
class Feed:
    """Where a conversation stands on this instance.

    `delivered`: the last number handed out; None until the database has said where to begin.
    `wanted`: the highest number known to exist. `watchers`: connected people who take part.
    `stands`: people who stand elsewhere than at `delivered`, because others need what they had
    before, or they what others had.
    """

    delivered: int | None
    wanted: int = 0
    watchers: int = 0
    is_filling: bool = False
    stands: dict[UUID, int] = field(default_factory=dict)

    def stand_of(self, user_id: UUID) -> int | None:
        """The last number that one of its watchers is not to be told any more."""
        return self.stands.get(user_id, self.delivered)

    def is_next(self, seq: int) -> bool:
        """Whether `seq` may go out at once: nothing before it is missing or being read."""
        return not self.is_filling and self.delivered is not None and seq == self.delivered + 1

    def hand_out(self, seq: int) -> None:
        """`seq` is handed out to all: who stood behind it or at it is with the others now."""
        self.delivered = seq
        if self.stands:
            self.stands = {user_id: at for user_id, at in self.stands.items() if at > seq}


@dataclass(frozen=True, slots=True)
class News:
    """What was heard of a conversation while somebody's own were being read."""

    seq: int
    is_member: bool


def logged_envelope(
    conversation_id: UUID,
    logged: LoggedFrame,
    entitled: Sequence[MemberSpan],
    members: Members,
) -> Envelope:
    """A frame of the log for those who may see it, as the bus would have brought it."""
    blockers = members.blockers_of(logged.sender_id) if logged.sender_id else NOBODY
    return Envelope(
        channel="",
        recipients=tuple(it.user_id for it in entitled),
        frame=logged.frame,
        excluded=tuple(it.user_id for it in entitled if logged.excludes(it.user_id, it.joined_seq)),
        excluded_frame=logged.excluded_frame,
        blockers=tuple(blockers),
        conversation_id=conversation_id,
        for_opted_in=logged.type != "new_message",
    )


def variant_for(user_id: UUID, envelope: Envelope) -> tuple[str, bool]:
    """The frame as one recipient gets it, and whether only to clients that opted in."""
    if user_id in envelope.excluded:
        # Whatever it says to the others, to this one that a number is taken.
        return envelope.excluded_frame, True
    if user_id in envelope.blockers:
        return marked_frame(envelope.frame), envelope.for_opted_in
    return envelope.frame, envelope.for_opted_in

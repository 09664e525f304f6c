"""The list of conversations: what each is called, how much in it is unread, the latest on top."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fynix_cli.chat.history import title_of
from fynix_cli.output import visible
from fynix_server.protocol.accounts import OwnUserResponse
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.protocol.frames import DurableFrame, NewMessage


@dataclass
class Entry:
    """A conversation in the list. `unread` holds everything up to the number `counted_seq`."""

    conversation: ConversationResponse
    unread: int
    counted_seq: int
    active_at: datetime


class Listing:
    """One person's conversations. Frames and answers may come in any order."""

    def __init__(self, me: OwnUserResponse) -> None:
        self._me = me
        self._entries: dict[UUID, Entry] = {}
        self._left_at: dict[UUID, int] = {}
        """The number of the event by which one was removed."""

    def __contains__(self, conversation_id: UUID) -> bool:
        return conversation_id in self._entries

    def ordered(self) -> list[Entry]:
        """The latest active first."""
        return sorted(
            self._entries.values(),
            key=lambda entry: (entry.active_at, entry.conversation.id),
            reverse=True,
        )

    def get(self, conversation_id: UUID | None) -> Entry | None:
        return None if conversation_id is None else self._entries.get(conversation_id)

    def title(self, conversation_id: UUID) -> str:
        """A group's name; of two people the other's. Empty: it is not in the list."""
        entry = self._entries.get(conversation_id)
        return title_of(entry.conversation, self._me.username) if entry else ""

    def group_called(self, title: str) -> ConversationResponse | None:
        """The latest active of the groups that are shown by this name, in any case."""
        for entry in self.ordered():
            shown = visible(self.title(entry.conversation.id))
            if entry.conversation.is_group and shown.lower() == title.lower():
                return entry.conversation
        return None

    def direct_with(self, user_id: UUID) -> ConversationResponse | None:
        for entry in self._entries.values():
            conversation = entry.conversation
            members = {person.user_id for person in conversation.participants}
            if not conversation.is_group and user_id in members:
                return conversation
        return None

    def take(self, conversation: ConversationResponse) -> bool:
        """Take a conversation as the server tells it; False: it was told before one left it."""
        if conversation.last_seq < self._left_at.get(conversation.id, 0):
            return False
        known = self._entries.get(conversation.id)
        if known is None:
            self._entries[conversation.id] = Entry(
                conversation,
                conversation.unread_count,
                conversation.last_seq,
                _active(conversation),
            )
            return True
        known.conversation = conversation
        known.active_at = max(known.active_at, _active(conversation))
        # An answer that was overtaken by live messages does not count these.
        if conversation.last_seq >= known.counted_seq:
            known.unread = conversation.unread_count
            known.counted_seq = conversation.last_seq
        return True

    def count(self, frame: DurableFrame) -> None:
        """Something happened in a conversation."""
        entry = self._entries.get(frame.conversation_id)
        if entry is None or frame.seq <= entry.counted_seq:
            return
        entry.counted_seq = frame.seq
        if isinstance(frame, NewMessage):
            entry.active_at = max(entry.active_at, frame.message.created_at)
            is_own = frame.message.sender_id == self._me.id
            # Whoever sends has read what was before.
            entry.unread = 0 if is_own else entry.unread + 1

    def set_unread(self, conversation_id: UUID, count: int) -> None:
        entry = self._entries.get(conversation_id)
        if entry is not None:
            entry.unread = count

    def remove(self, conversation_id: UUID, left_at: int = 0) -> None:
        """`left_at`: the number of the event that removed one; answers from before do not count."""
        self._entries.pop(conversation_id, None)
        self._left_at[conversation_id] = left_at


def _active(conversation: ConversationResponse) -> datetime:
    return conversation.last_message_at or conversation.created_at

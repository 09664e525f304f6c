"""What one person sees of a conversation, made of nothing but the frames that they got."""

from dataclasses import dataclass, replace
from uuid import UUID

from fynix_server.protocol.frames import (
    MessageDeleted,
    MessageRead,
    MessageUpdated,
    NewMessage,
    ServerFrame,
    Typing,
)


@dataclass(frozen=True)
class Entry:
    """A message as it is shown."""

    message_id: UUID
    seq: int
    sender_id: UUID
    text: str
    is_edited: bool = False
    is_deleted: bool = False


class Window:
    """One person's side of a conversation of two."""

    def __init__(self, own_id: UUID) -> None:
        self.own_id = own_id
        self.is_connected = False
        self.is_other_typing = False
        self.read_seq = 0
        """The other one has read up to here."""
        self._entries: dict[UUID, Entry] = {}

    @property
    def entries(self) -> list[Entry]:
        return sorted(self._entries.values(), key=lambda it: it.seq)

    def is_mine(self, entry: Entry) -> bool:
        return entry.sender_id == self.own_id

    def is_read(self, entry: Entry) -> bool:
        return entry.seq <= self.read_seq

    def entry_of(self, text: str) -> Entry | None:
        """The message of this text that is not deleted; None: there is none (yet)."""
        found = (it for it in self.entries if it.text == text and not it.is_deleted)
        return next(found, None)

    def take(self, frame: ServerFrame) -> None:
        """Let a frame change what is seen."""
        if isinstance(frame, NewMessage):
            message = frame.message
            self._entries[message.id] = Entry(
                message.id, frame.seq, message.sender_id, message.content
            )
            self._stop_typing(message.sender_id)
        elif isinstance(frame, MessageUpdated):
            self._change(frame.message.id, text=frame.message.content, is_edited=True)
        elif isinstance(frame, MessageDeleted):
            self._change(frame.message_id, text="", is_deleted=True)
        elif isinstance(frame, MessageRead):
            self._note_read(frame)
        elif isinstance(frame, Typing) and frame.user_id != self.own_id:
            self.is_other_typing = frame.is_typing

    def _stop_typing(self, sender_id: UUID) -> None:
        if sender_id != self.own_id:
            self.is_other_typing = False

    def _change(self, message_id: UUID, **changes: object) -> None:
        entry = self._entries.get(message_id)
        if entry is not None:
            self._entries[message_id] = replace(entry, **changes)  # type: ignore[arg-type] # fields of Entry, by name

    def _note_read(self, frame: MessageRead) -> None:
        entry = self._entries.get(frame.message_id)
        if entry is not None and frame.user_id != self.own_id:
            self.read_seq = max(self.read_seq, entry.seq)

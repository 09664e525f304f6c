"""What one person has before them: the list, the open conversation, who is typing. No network."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from fynix_cli.chat.narrator import told_in_words
from fynix_cli.chatting.listing import Listing
from fynix_cli.chatting.outgoing import Outgoing
from fynix_cli.chatting.rows import Reader, Row, rows_of, rows_of_nothing
from fynix_cli.chatting.thread import Thread
from fynix_cli.chatting.typists import Typists
from fynix_server.protocol.accounts import OwnUserResponse, UserResponse
from fynix_server.protocol.conversations import ConversationResponse, ParticipantResponse
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
    ServerNotice,
    Typing,
)

NOTICE_SECONDS = 8.0
Happening = ConversationUpdated | ParticipantAdded | ParticipantUpdated | ParticipantRemoved


class Desk:
    """Takes frames and answers in any order. `clock`: seconds that only rise.

    `stale` names the conversations of which a frame does not say enough: they are to be asked for.
    """

    def __init__(self, me: OwnUserResponse, clock: Callable[[], float]) -> None:
        self.me = me
        self.listing = Listing(me)
        self.thread: Thread | None = None
        self.stale: set[UUID] = set()
        self._notice = "", 0.0
        self._told: list[str] = []
        self._threads: dict[UUID, Thread] = {}
        self._beginnings: list[Thread] = []
        self._typists = Typists()
        self._clock = clock

    @property
    def notice(self) -> str:
        """What was said lately. Not made visible: servers may say it."""
        text, until = self._notice
        return text if self._clock() < until else ""

    def say(self, text: str) -> None:
        """Let it be read for a while."""
        self._notice = text, self._clock() + NOTICE_SECONDS

    @property
    def told(self) -> str:
        """What the server has told that is not put away, the oldest first. Not made visible."""
        return self._told[0] if self._told else ""

    def tell(self, text: str) -> None:
        """Let it stand until it is put away: a warning may come while nobody looks."""
        self._told.append(text)

    def put_away(self) -> bool:
        """What stands there is read. False: there is nothing."""
        stood = bool(self._told)
        del self._told[:1]
        return stood

    # ── what is open ─────────────────────────────────────────────────────────────────────────

    def open_conversation(self, conversation_id: UUID) -> Thread:
        """Have it before one; what is new in it is so from here on."""
        thread = self._threads.get(conversation_id)
        if thread is None:
            thread = Thread(self.me.id, conversation_id)
            self._threads[conversation_id] = thread
        entry = self.listing.get(conversation_id)
        if entry is not None:
            thread.note_markers(entry.conversation)
            thread.begin_reading(entry.unread)
        self.thread = thread
        return thread

    def open_person(self, person: UserResponse) -> Thread:
        """Have before one the conversation with somebody, which is made when one writes."""
        conversation = self.listing.direct_with(person.id)
        if conversation is not None:
            return self.open_conversation(conversation.id)
        thread = next((it for it in self._beginnings if _is_with(it, {person.id})), None)
        if thread is None:
            thread = Thread(self.me.id, person)
            self._beginnings.append(thread)
        self.thread = thread
        return thread

    def threads(self) -> list[Thread]:
        """All that were opened."""
        return [*self._threads.values(), *self._beginnings]

    def title_of(self, thread: Thread) -> str:
        """Not made visible: a name of others."""
        if isinstance(thread.place, UserResponse):
            return thread.place.username
        return self.listing.title(thread.place) or thread.title

    def participants(self) -> list[ParticipantResponse]:
        """Of the open conversation, without oneself."""
        entry = self.listing.get(self.thread.conversation_id) if self.thread else None
        people = entry.conversation.participants if entry else []
        return [person for person in people if person.user_id != self.me.id]

    def rows(self, now: datetime) -> list[Row]:
        """The open conversation, the oldest on top."""
        if self.thread is None:
            return rows_of_nothing(has_some=bool(self.listing.ordered()))
        entry = self.listing.get(self.thread.conversation_id)
        is_group = entry is not None and entry.conversation.is_group
        others = frozenset(person.user_id for person in self.participants())
        reader = Reader(self.me.id, self.me.username, others, is_group)
        return rows_of(self.thread, reader, now)

    def typing_names(self) -> list[str]:
        """Who types in the open conversation just now. Not made visible."""
        if self.thread is None or self.thread.conversation_id is None:
            return []
        names = {person.user_id: person.username for person in self.participants()}
        typing = self._typists.of(self.thread.conversation_id, self._clock())
        return [names.get(user_id, "somebody") for user_id in typing]

    def unread_elsewhere(self) -> int:
        """Messages in the conversations that are not open."""
        here = self.thread.conversation_id if self.thread else None
        entries = self.listing.ordered()
        return sum(entry.unread for entry in entries if entry.conversation.id != here)

    # ── what one does ────────────────────────────────────────────────────────────────────────

    def write(self, text: str) -> None:
        """Put a message on its way in the open conversation."""
        if self.thread is not None:
            self.thread.end_reading()
            self.thread.outbox.add(Outgoing(str(uuid.uuid4()), text, datetime.now(UTC)))

    def adopt(self, conversation: ConversationResponse) -> None:
        """A conversation has begun; a thread that waited for it becomes its own."""
        if not self.listing.take(conversation):
            return
        if conversation.id in self._threads:
            self._threads[conversation.id].is_left = False
        members = {person.user_id for person in conversation.participants}
        for thread in list(self._beginnings):
            if not conversation.is_group and _is_with(thread, members):
                self._beginnings.remove(thread)
                thread.place = conversation.id
                self._threads[conversation.id] = thread

    # ── what happens ─────────────────────────────────────────────────────────────────────────

    def accept(self, frame: ServerFrame) -> None:
        """Take a live frame."""
        if isinstance(frame, DurableFrame):
            self._accept_numbered(frame)
        elif isinstance(frame, MessageRead):
            self._accept_read(frame)
        elif isinstance(frame, Typing):
            self._typists.note(frame.conversation_id, frame.user_id, frame.is_typing, self._clock())
        elif isinstance(frame, ServerNotice):
            self.tell(frame.detail)

    def _accept_numbered(self, frame: DurableFrame) -> None:
        if isinstance(frame, ConversationCreated):
            self.adopt(frame.conversation)
        elif frame.conversation_id not in self.listing:
            self.stale.add(frame.conversation_id)
        self.listing.count(frame)
        thread = self._threads.get(frame.conversation_id)
        if isinstance(frame, NewMessage):
            self._typists.note(frame.conversation_id, frame.message.sender_id, False, 0)
        elif isinstance(frame, MessageDeleted):
            # Whether it counted as unread, and which is the newest now, only the server knows.
            self.stale.add(frame.conversation_id)
        elif isinstance(frame, Happening):
            self._accept_happening(frame, thread)
        if thread is not None:
            _accept_in_thread(frame, thread)

    def _accept_happening(self, frame: Happening, thread: Thread | None) -> None:
        entry = self.listing.get(frame.conversation_id)
        if thread is not None:
            conversation = entry.conversation if entry else None
            thread.happenings[frame.seq] = told_in_words(frame, conversation)
        has_left = isinstance(frame, ParticipantRemoved) and frame.user_id == self.me.id
        if has_left:
            self.leave(frame.conversation_id, frame.seq)
        else:
            self.stale.add(frame.conversation_id)

    def leave(self, conversation_id: UUID, left_at: int = 0) -> None:
        """It is this person's no more, since the event with the number `left_at`."""
        thread = self._threads.get(conversation_id)
        if thread is not None:
            thread.is_left, thread.title = True, self.title_of(thread)
        self.listing.remove(conversation_id, left_at)
        self.stale.discard(conversation_id)

    def _accept_read(self, frame: MessageRead) -> None:
        thread = self._threads.get(frame.conversation_id)
        if thread is not None:
            thread.note_read(frame.user_id, frame.message_id)
        entry = self.listing.get(frame.conversation_id)
        if frame.user_id == self.me.id and entry is not None and entry.unread:
            # Read at another terminal: how much is left, the frame does not say.
            self.stale.add(frame.conversation_id)


def _is_with(thread: Thread, members: set[UUID]) -> bool:
    return isinstance(thread.place, UserResponse) and thread.place.id in members


def _accept_in_thread(frame: DurableFrame, thread: Thread) -> None:
    if isinstance(frame, NewMessage):
        thread.add(frame.message)
    elif isinstance(frame, MessageUpdated):
        thread.update(frame.message)
    elif isinstance(frame, MessageDeleted):
        thread.delete(frame.message_id)

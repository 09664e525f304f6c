"""One conversation as far as it is loaded: its messages in their order, and what is on its way."""

from uuid import UUID

from fynix_cli.chatting.outgoing import Outbox
from fynix_cli.chatting.read_marks import ReadMarks
from fynix_server.protocol.accounts import UserResponse
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.protocol.messages import MessageResponse, MessagesListResponse


class Thread:
    """The messages of one conversation that are known: all from the oldest loaded on.

    `place` is the id of the conversation, or the person with whom there is none yet. Pages and
    live messages may come in any order and overlap.
    """

    def __init__(self, own_id: UUID, place: UUID | UserResponse) -> None:
        self.place = place
        self.messages: dict[int, MessageResponse] = {}
        self.happenings: dict[int, str] = {}
        self.deleted: set[UUID] = set()
        self.outbox = Outbox()
        self.draft = ""
        self.read = ReadMarks()
        self.has_older = isinstance(place, UUID)
        self.is_loaded = not self.has_older
        self.is_left = False
        self.title = ""
        self.first_new_seq: int | None = None
        self.shown_seq = 0
        self._own_id = own_id
        self._seqs: dict[UUID, int] = {}
        self._news_count = self._news_end = 0

    @property
    def conversation_id(self) -> UUID | None:
        """None: it has not begun."""
        return self.place if isinstance(self.place, UUID) else None

    @property
    def oldest_seq(self) -> int | None:
        return min(self.messages, default=None)

    def add_page(self, page: MessagesListResponse) -> None:
        """Take a page of the history, the newest or the next older one."""
        oldest = self.oldest_seq
        for message in page.messages:
            self.add(message)
        last = page.messages[-1].seq if page.messages else None
        if last is None or oldest is None or last <= oldest or not self.is_loaded:
            self.has_older = page.has_next
        self.is_loaded = True
        self._find_news()

    def add(self, message: MessageResponse) -> None:
        """Take a message, as sent or as it stands now: the later edit of the two is kept."""
        known = self.messages.get(message.seq)
        if known is None or not _is_newer(known, message):
            self.messages[message.seq] = message
        self._seqs[message.id] = message.seq
        self.read.resolve(message.id, message.seq)
        self.read.move(message.sender_id, message.seq)
        for user_id in message.read_by:
            self.read.move(user_id, message.seq)
        if message.sender_id == self._own_id:
            self.outbox.acknowledge(message.client_message_id)
        elif message.is_read:
            self.read.move(self._own_id, message.seq)

    def update(self, message: MessageResponse) -> None:
        """A message was edited, or one that was deleted is back. One not loaded stays so."""
        self.deleted.discard(message.id)  # what is deleted cannot be edited
        if self.oldest_seq is not None and message.seq >= self.oldest_seq:
            self.add(message)

    def delete(self, message_id: UUID) -> None:
        self.deleted.add(message_id)

    def note_read(self, user_id: UUID, message_id: UUID) -> None:
        self.read.move_to(user_id, message_id, self._seqs)

    def note_markers(self, conversation: ConversationResponse) -> None:
        """Take the read markers that the conversation names."""
        for person in conversation.participants:
            if person.last_read_message_id is not None:
                self.note_read(person.user_id, person.last_read_message_id)

    def show(self, message_id: UUID) -> bool:
        """Everything up to this message was seen; whether that is news, and of this thread."""
        seq = self._seqs.get(message_id, 0)
        is_news = seq > self.shown_seq
        self.shown_seq = max(seq, self.shown_seq)
        return is_news

    def unread(self) -> list[MessageResponse]:
        """By others, not deleted, past one's own marker; oldest first."""
        marker = self.read.at(self._own_id)
        return [
            self.messages[seq]
            for seq in sorted(self.messages)
            if seq > marker and self._is_unread_when_new(self.messages[seq])
        ]

    def newest_unread_up_to(self, seq: int) -> MessageResponse | None:
        """The message to mark as read when everything up to `seq` was seen."""
        return next((it for it in reversed(self.unread()) if it.seq <= seq), None)

    def begin_reading(self, unread_count: int) -> None:
        """Remember where the new messages begin, of which there are so many."""
        self._news_count, self._news_end = unread_count, max(self.messages, default=0)
        self._find_news()

    def end_reading(self) -> None:
        """Nothing is new any more."""
        self._news_count = 0
        self._find_news()

    def _find_news(self) -> None:
        # Those that are not loaded yet move it further up when they are.
        candidates = sorted(seq for seq in self.messages if seq <= self._news_end)
        news = [seq for seq in candidates if self._is_unread_when_new(self.messages[seq])]
        count = min(self._news_count, len(news))
        self.first_new_seq = news[-count] if count else None

    def _is_unread_when_new(self, message: MessageResponse) -> bool:
        return message.sender_id != self._own_id and message.id not in self.deleted


def _is_newer(one: MessageResponse, other: MessageResponse) -> bool:
    if one.edited_at is None:
        return False
    return other.edited_at is None or one.edited_at > other.edited_at

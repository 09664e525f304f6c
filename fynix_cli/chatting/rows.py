"""What stands in the history, row by row: days, messages, what happened, what is on its way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from fynix_cli.chatting.outgoing import Outgoing
from fynix_cli.chatting.shown_text import shown_lines
from fynix_cli.chatting.thread import Thread
from fynix_cli.output import visible
from fynix_server.protocol.messages import MessageResponse

SENT, READ, PENDING, FAILED = "✓", "✓✓", "…", "✗"


@dataclass(frozen=True)
class NoteRow:
    """A line that nobody wrote. `is_rule`: it divides what is above from what is below."""

    key: str
    text: str
    is_rule: bool = False
    is_news: bool = False


@dataclass(frozen=True)
class MessageRow:
    """A message. All texts are safe to show.

    `sender` and `clock` are None where they are those of the row above. `hue`: any number,
    by which a sender has a colour; None: it is oneself. `others_id`: the id of a message by
    somebody else.
    """

    key: str
    sender: str | None
    hue: int | None
    clock: str | None
    lines: tuple[str, ...]
    mark: str = ""
    is_edited: bool = False
    is_deleted: bool = False
    is_pending: bool = False
    problem: str | None = None
    others_id: UUID | None = None


Row = NoteRow | MessageRow


@dataclass(frozen=True)
class Reader:
    """For whom the rows are made: who they are, and who else takes part."""

    user_id: UUID
    username: str
    others: frozenset[UUID]
    is_group: bool


def rows_of(thread: Thread, reader: Reader, now: datetime) -> list[Row]:
    """The rows of a thread, the oldest on top. `now` is aware; days are those of this machine."""
    return [*_beginning(thread), *_Writer(thread, reader, now).rows()]


def rows_of_nothing(has_some: bool) -> list[Row]:
    """The rows where no conversation is open; `has_some`: there are some in the list."""
    if has_some:
        return [NoteRow("top", "Enter opens the conversation that is marked, Ctrl+O any other")]
    return [NoteRow("top", "no conversations yet: Ctrl+O writes to somebody")]


def _beginning(thread: Thread) -> Iterator[Row]:
    if not thread.is_loaded or thread.has_older:
        yield NoteRow("top", "loading …")
    elif thread.messages:
        yield NoteRow("top", "the beginning of the conversation")
    else:
        yield NoteRow("top", "no messages yet: write the first one")


class _Writer:
    """Writes rows one after the other; remembers what the row above said."""

    def __init__(self, thread: Thread, reader: Reader, now: datetime) -> None:
        self._thread = thread
        self._reader = reader
        self._now = now
        self._day: date | None = None
        self._above: tuple[UUID, str] | None = None

    def rows(self) -> Iterator[Row]:
        for seq in sorted(self._thread.messages.keys() | self._thread.happenings.keys()):
            if seq in self._thread.messages:
                yield from self._message(self._thread.messages[seq])
            else:
                self._above = None
                yield NoteRow(f"h{seq}", visible(self._thread.happenings[seq]))
        for outgoing in self._thread.outbox:
            yield from self._outgoing(outgoing)
        if self._thread.is_left:
            yield NoteRow("left", "you do not take part in this conversation any more")

    def _message(self, message: MessageResponse) -> Iterator[Row]:
        yield from self._day_of(message.created_at)
        if message.seq == self._thread.first_new_seq:
            self._above = None
            yield NoteRow("new", "new", is_rule=True, is_news=True)
        sender, clock = self._heading(message.sender_id, message.created_at)
        is_own = message.sender_id == self._reader.user_id
        is_deleted = message.id in self._thread.deleted
        yield MessageRow(
            key=f"m{message.seq}",
            sender=_named(message) if sender else None,
            hue=None if is_own else message.sender_id.int,
            clock=clock,
            lines=("message deleted",) if is_deleted else shown_lines(message.content),
            mark=self._ticks(message.seq) if is_own and not is_deleted else "",
            is_edited=message.edited_at is not None and not is_deleted,
            is_deleted=is_deleted,
            others_id=None if is_own else message.id,
        )

    def _outgoing(self, outgoing: Outgoing) -> Iterator[Row]:
        yield from self._day_of(outgoing.written_at)
        sender, clock = self._heading(self._reader.user_id, outgoing.written_at)
        failure = outgoing.failure
        yield MessageRow(
            key=f"o{outgoing.key}",
            sender=visible(self._reader.username) if sender else None,
            hue=None,
            clock=clock,
            lines=shown_lines(outgoing.text),
            mark=PENDING if failure is None else FAILED,
            is_pending=failure is None,
            problem=None if failure is None else visible(failure.told(self._now)),
        )

    def _heading(self, sender_id: UUID, moment: datetime) -> tuple[bool, str | None]:
        """Whether to name the sender, and the time of day to show."""
        clock = moment.astimezone().strftime("%H:%M")
        above, self._above = self._above, (sender_id, clock)
        if above is None or above[0] != sender_id:
            return True, clock
        return False, clock if above[1] != clock else None

    def _day_of(self, moment: datetime) -> Iterator[Row]:
        day = moment.astimezone().date()
        if day != self._day:
            self._day, self._above = day, None
            yield NoteRow(f"d{day}", _name_of_day(day, self._now.astimezone().date()), is_rule=True)

    def _ticks(self, seq: int) -> str:
        readers = self._thread.read.readers_of(seq) & self._reader.others
        if not readers:
            return SENT
        if not self._reader.is_group:
            return READ
        return f"{READ} {len(readers)}/{len(self._reader.others)}"


def _name_of_day(day: date, today: date) -> str:
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _named(message: MessageResponse) -> str:
    mark = " (blocked)" if message.is_from_blocked else ""
    return visible(message.sender_username) + mark

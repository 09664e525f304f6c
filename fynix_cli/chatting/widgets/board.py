"""The whole screen: the list, the open conversation, the input, and the lines around them."""

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from fynix_cli.chatting.desk import Desk
from fynix_cli.chatting.listing import Entry
from fynix_cli.chatting.shown_text import shown_lines
from fynix_cli.chatting.thread import Thread
from fynix_cli.chatting.widgets.bars import Bar, LineState, Told, heading, status, typing_line
from fynix_cli.chatting.widgets.composer import Composer
from fynix_cli.chatting.widgets.conversation_list import ConversationList, ListItem
from fynix_cli.chatting.widgets.history import History
from fynix_cli.output import visible

BESIDE_COLUMNS = 60
"""Where there are fewer, the list would leave too little: it shows instead, when asked for."""

LOW_LINES = 10


class Board(Vertical):
    """Shows a desk. `is_list_wanted` None: where there is room for it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.conversations = ConversationList()
        self.history = History()
        self.composer = Composer()
        self._heading = Bar("heading", keeps_right=True)
        self._typing = Bar("typing", keeps_right=True)
        self._told = Told("told")
        self._status = Bar("status", keeps_right=False)
        self._desk = desk
        self._thread: Thread | None = None
        self._is_list_wanted: bool | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="main"):
            yield self.conversations
            with Vertical(id="conversation"):
                yield self._heading
                yield self.history
                yield self._typing
                yield self.composer
        yield self._told
        yield self._status

    # ── the list ─────────────────────────────────────────────────────────────────────────────

    @property
    def has_room(self) -> bool:
        """Whether the list and a conversation fit beside each other."""
        return self.size.width >= BESIDE_COLUMNS

    @property
    def is_list_shown(self) -> bool:
        wanted, is_open = self._is_list_wanted, self._desk.thread is not None
        if wanted is None:
            return self.has_room or not is_open
        return wanted

    @property
    def is_conversation_shown(self) -> bool:
        return self.has_room or not self.is_list_shown

    def toggle_list(self) -> None:
        """Show it or not. What is as it would be anyway follows the room that there is."""
        wanted, self._is_list_wanted = not self.is_list_shown, None
        if wanted != self.is_list_shown:
            self._is_list_wanted = wanted
        self.divide()

    def leave_list(self) -> None:
        """To the input, and to the conversation where the list took its place."""
        if not self.has_room:
            self._is_list_wanted = None
        self.divide()
        self.composer.focus()

    def divide(self) -> None:
        """Divide the screen; the keys go to what is there."""
        is_shown = self.is_list_shown
        self.set_class(self.size.height < LOW_LINES, "-low")
        self.set_class(not is_shown, "-without-list")
        self.set_class(not self.is_conversation_shown, "-only-list")
        if not self.is_conversation_shown:
            self.conversations.focus()
        elif self.conversations.has_focus and not is_shown:
            self.composer.focus()
        self.history.announce()

    def on_resize(self) -> None:
        self.divide()

    # ── what it shows ────────────────────────────────────────────────────────────────────────

    def redraw(self, line: LineState, now: datetime) -> None:
        """Show the desk as it is at `now` (aware)."""
        if self._desk.thread is not self._thread:
            self._change_thread()
        self.history.show(self._desk.rows(now))
        self.conversations.show([self._item(entry) for entry in self._desk.listing.ordered()])
        self.redraw_lines(line)

    def redraw_lines(self, line: LineState) -> None:
        """Show what passes by itself: who types, how the live line is, what was said."""
        self._redraw_heading()
        self.redraw_typing()
        who, notice = visible(self._desk.me.username), visible(self._desk.notice)
        self._status.show(*status(line, who, notice))
        self._told.show(shown_lines(self._desk.told) if self._desk.told else ())

    def redraw_typing(self) -> None:
        names = [visible(name) for name in self._desk.typing_names()]
        length = len(self.composer.text)
        self._typing.show(*typing_line(names, self.history.is_at_end, length))

    def _change_thread(self) -> None:
        if self._thread is not None:
            self._thread.draft = self.composer.text
        self._thread = thread = self._desk.thread
        if thread is not None:
            self.composer.load_text(thread.draft)
            self.composer.move_cursor(self.composer.document.end)
            self.composer.placeholder = Content(f"Write to {visible(self._desk.title_of(thread))}")
        self.history.begin_anew()

    def _redraw_heading(self) -> None:
        thread = self._desk.thread
        title = visible(self._desk.title_of(thread)) if thread else ""
        names = [visible(person.username) for person in self._desk.participants()]
        others = [] if names == [title] else names
        self._heading.show(*heading(title, others, self._desk.unread_elsewhere()))

    def _item(self, entry: Entry) -> ListItem:
        conversation = entry.conversation
        title = visible(self._desk.listing.title(conversation.id))
        is_open = self._thread is not None and self._thread.place == conversation.id
        return ListItem(
            key=str(conversation.id),
            title=f"# {title}" if conversation.is_group else title,
            unread=entry.unread,
            is_open=is_open,
        )

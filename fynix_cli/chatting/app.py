"""`fynix chat` as a Textual app: keys go to the courier, what changes goes to the board."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList, TextArea

from fynix_cli.chatting.courier import Courier
from fynix_cli.chatting.looks import STYLE_SHEET
from fynix_cli.chatting.typists import OwnTyping
from fynix_cli.chatting.widgets.bars import LineState
from fynix_cli.chatting.widgets.board import Board
from fynix_cli.chatting.widgets.history import History
from fynix_cli.chatting.widgets.overlays import Help, OpenPrompt
from fynix_cli.errors import NotLoggedIn
from fynix_cli.output import visible
from fynix_server.protocol.fields import MAX_CONTENT_CODE_POINTS

REDRAW_SECONDS = 0.03
"""Many frames may come at once, after a pause: they are drawn together."""
TICK_SECONDS = 0.5


class ChatApp(App[None]):
    """Runs until quit, or until `failure`, which says why it cannot go on.

    `clock`: seconds that only rise, the same that the desk has.
    """

    CSS = STYLE_SHEET
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "quit", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("f1,ctrl+p", "show_keys", show=False),
        Binding("f2", "toggle_list", show=False),
        Binding("ctrl+o", "ask_whom", show=False),
        Binding("ctrl+n,ctrl+down", "step(1)", show=False),
        Binding("ctrl+up", "step(-1)", show=False),
        Binding("ctrl+r", "retry", show=False),
        Binding("escape", "newest", show=False),
    ]

    def __init__(self, courier: Courier, clock: Callable[[], float]) -> None:
        # Those colours that the person's terminal has, on its own background.
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.animation_level = "none"
        self.failure: Exception | None = None
        self._courier = courier
        self._desk = courier.desk
        self._clock = clock
        self._board = Board(courier.desk)
        self._own_typing = OwnTyping()
        self._is_redraw_due = False

    def compose(self) -> ComposeResult:
        yield self._board

    def on_mount(self) -> None:
        self._courier.on_change = self._redraw_soon
        for work in (self._courier.follow, self._courier.deliver, self._courier.tend):
            self._run(work())
        self.set_interval(TICK_SECONDS, self._tick)
        if self._desk.thread is None:
            self._board.conversations.focus()
        self._attend()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # What lies over the board has the keys to itself.
        return action == "quit" or len(self.screen_stack) == 1

    # ── tasks ────────────────────────────────────────────────────────────────────────────────

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(self._guarded(work), exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """The outermost of a task: what it cannot handle ends the app, and is told after it."""
        try:
            await work
        except Exception as error:
            self._leave(error)

    def _leave(self, error: Exception) -> None:
        self.failure = self.failure or error
        self.exit()

    def _tick(self) -> None:
        self._tell_typing(self._own_typing.idle(self._clock()))
        thread = self._desk.thread
        if thread is not None and any(thread.outbox):
            # It may say in how many seconds it may be sent again.
            self._redraw()
        else:
            self._board.redraw_lines(self._line_state())

    # ── drawing ──────────────────────────────────────────────────────────────────────────────

    def _redraw_soon(self) -> None:
        if not self._is_redraw_due:
            self._is_redraw_due = True
            self.set_timer(REDRAW_SECONDS, self._redraw)

    def _redraw(self) -> None:
        self._is_redraw_due = False
        if not self._board.is_attached:
            # The timer that calls this may outlive the board by a moment.
            return
        self._board.redraw(self._line_state(), datetime.now(UTC))

    def _line_state(self) -> LineState:
        courier = self._courier
        return LineState(courier.is_connected, courier.seconds_until_retry, visible(courier.said))

    def _say(self, notice: str) -> None:
        self._desk.say(notice)
        self._redraw_soon()

    # ── which conversation ───────────────────────────────────────────────────────────────────

    def _attend(self) -> None:
        """The open conversation is another one now."""
        thread = self._desk.thread
        if thread is not None:
            self._run(self._courier.load_newest(thread))
            self._board.leave_list()
        # At once: what is typed next is for this one.
        self._redraw()

    def _open(self, conversation_id: UUID) -> None:
        self._tell_typing(self._own_typing.stopped())
        self._desk.open_conversation(conversation_id)
        self._attend()

    @on(OptionList.OptionSelected)
    def open_selected(self, event: OptionList.OptionSelected) -> None:
        self._open(UUID(event.option.id))

    def action_step(self, count: int) -> None:
        """To the next conversation of the list, or the one before."""
        ids = [entry.conversation.id for entry in self._desk.listing.ordered()]
        opened = self._desk.thread.conversation_id if self._desk.thread else None
        if opened in ids:
            self._open(ids[(ids.index(opened) + count) % len(ids)])
        elif ids:
            self._open(ids[0])

    def action_ask_whom(self) -> None:
        listing = self._desk.listing
        names = [visible(listing.title(entry.conversation.id)) for entry in listing.ordered()]
        self.push_screen(OpenPrompt(names, self._open_target), self._look_again)

    async def _open_target(self, target: str) -> None:
        self._tell_typing(self._own_typing.stopped())
        try:
            await self._courier.open_target(target)
        except NotLoggedIn as error:
            self._leave(error)
        else:
            self._attend()

    # ── writing ──────────────────────────────────────────────────────────────────────────────

    def action_send(self) -> None:
        text = self._board.composer.text
        excess = len(text) - MAX_CONTENT_CODE_POINTS
        if self._desk.thread is None:
            self._say("choose a conversation first (F2), or open one (Ctrl+O)")
        elif excess > 0:
            self._say(f"too long by {excess}: a message has {MAX_CONTENT_CODE_POINTS} at most")
        elif text.strip():
            self._own_typing.sent()
            self._board.composer.clear()
            self._courier.send(text)
            self._board.history.go_to_end()

    @on(TextArea.Changed)
    def note_typing(self, event: TextArea.Changed) -> None:
        text = event.text_area.text
        self._board.redraw_typing()
        # What was put in by changing the conversation is not typed.
        if self._desk.thread is not None and text != self._desk.thread.draft:
            self._tell_typing(self._own_typing.typed(bool(text), self._clock()))

    @on(History.Typed)
    def begin_writing(self, event: History.Typed) -> None:
        self._board.composer.focus()
        self._board.composer.insert(event.character)

    def _tell_typing(self, is_typing: bool | None) -> None:
        if is_typing is not None and self._desk.thread is not None:
            self._run(self._courier.tell_typing(self._desk.thread, is_typing))

    def action_take_back(self) -> None:
        text = self._desk.thread.outbox.take_back() if self._desk.thread else None
        if text is not None:
            self._board.composer.insert(text)
            self._redraw_soon()

    def action_retry(self) -> None:
        if not self._courier.retry():
            self._say("nothing here that was not sent")

    # ── looking ──────────────────────────────────────────────────────────────────────────────

    @on(History.Seen)
    def note_seen(self, event: History.Seen) -> None:
        """Only where somebody looks: the terminal has the focus, and nothing lies over it."""
        is_visible = len(self.screen_stack) == 1 and self._board.is_conversation_shown
        if self.app_focus and is_visible:
            self._courier.show(event.message_id)

    @on(History.NearTop)
    def load_older(self) -> None:
        if self._desk.thread is not None:
            self._run(self._courier.load_older(self._desk.thread))

    @on(History.Moved)
    def note_scrolling(self) -> None:
        self._board.redraw_typing()

    def watch_app_focus(self, has_focus: bool) -> None:
        if has_focus and self.is_mounted(self._board):
            self._board.history.announce()

    def action_page(self, direction: int) -> None:
        self._board.history.scroll_relative(
            y=direction * max(1, self._board.history.size.height - 1), animate=False
        )

    def action_newest(self) -> None:
        if self._desk.put_away():
            self._redraw_soon()
            return
        self._board.leave_list()
        self._board.history.go_to_end()

    def action_toggle_list(self) -> None:
        self._board.toggle_list()

    def action_show_keys(self) -> None:
        self.push_screen(Help(), self._look_again)

    def _look_again(self, _: None) -> None:
        """Nothing lies over the board any more."""
        self._board.history.announce()

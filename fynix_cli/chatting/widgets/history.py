"""The messages of the open conversation, to scroll through."""

from bisect import bisect_right
from collections.abc import Sequence
from uuid import UUID

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fynix_cli.chatting.rows import MessageRow, Row
from fynix_cli.chatting.widgets.drawing import draw

NEAR_TOP_LINES = 3


class History(ScrollView, can_focus=True):
    """Rows, the newest at the bottom. What is at the top stays there while others come above.

    At the bottom it follows what comes.
    """

    class Seen(Message):
        """Everything by others up to this message stands, or stood, on the screen."""

        def __init__(self, message_id: UUID) -> None:
            super().__init__()
            self.message_id = message_id

    class Typed(Message):
        """Somebody begins to write, who has the keys here."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    class NearTop(Message):
        """What is older should be loaded."""

    class Moved(Message):
        """It was scrolled."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Row] = ()
        self._starts: list[int] = []
        self._lines: list[Strip] = []
        self._is_fresh = True
        self._is_placing = False
        # Remembered: where the screen gets smaller, the place is the end's no more.
        self._is_following = True
        self._drawn: dict[tuple[Row, int], list[Strip]] = {}

    # ── what others may ask of it ────────────────────────────────────────────────────────────

    def show(self, rows: Sequence[Row]) -> None:
        """Show these in place of the others."""
        if rows != self._rows:
            self._lay_out(rows)

    def begin_anew(self) -> None:
        """What is shown next is another conversation, or the first page of one."""
        self._rows, self._starts, self._lines = (), [], []
        self._is_fresh = True

    def go_to_end(self) -> None:
        self._go_to(self.max_scroll_y)

    @property
    def is_at_end(self) -> bool:
        return self.scroll_y >= self.max_scroll_y

    def announce(self) -> None:
        """Say anew what stands on the screen."""
        bottom = self._top + self.size.height
        shown = self._rows[: bisect_right(self._starts, bottom - 1)]
        ids = (it.others_id for it in reversed(shown) if isinstance(it, MessageRow))
        newest = next((message_id for message_id in ids if message_id is not None), None)
        if newest is not None:
            self.post_message(self.Seen(newest))
        if self._rows and self.scroll_y <= NEAR_TOP_LINES:
            self.post_message(self.NearTop())

    # ── drawing ──────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        number = self._top + y
        strip = self._lines[number] if 0 <= number < len(self._lines) else Strip.blank(0)
        return strip.extend_cell_length(self.size.width, self.rich_style).apply_style(
            self.rich_style
        )

    @property
    def _top(self) -> int:
        """The first line on the screen; negative where there are not enough to fill it."""
        return round(self.scroll_y) - max(0, self.size.height - len(self._lines))

    def _lay_out(self, rows: Sequence[Row]) -> None:
        width = max(1, self.scrollable_content_region.width)
        anchor = self._anchor()
        self._rows = rows
        self._drawn = {(row, width): self._strips(row, width) for row in rows}
        self._starts, self._lines = [], []
        for row in rows:
            self._starts.append(len(self._lines))
            self._lines += self._drawn[row, width]
        self._is_placing = True
        self.virtual_size = Size(width, len(self._lines))
        if self._is_fresh:
            self._go_to_news()
        else:
            self._restore(anchor)
        self._is_placing = False
        self.refresh()
        self.post_message(self.Moved())
        self.announce()

    def _strips(self, row: Row, width: int) -> list[Strip]:
        known = self._drawn.get((row, width))
        return draw(row, width, self.app.console) if known is None else known

    # ── its place ────────────────────────────────────────────────────────────────────────────

    def _anchor(self) -> tuple[str, int] | None:
        """The row at the top, and how many lines it is from there to its end.

        From its end: its name and time may go when the same sender's messages come above it.
        """
        y = round(self.scroll_y)
        index = bisect_right(self._starts, y) - 1
        # The row above all messages moves up with what is loaded below it.
        if index == 0 and len(self._rows) > 1:
            index = 1
        if index < 0:
            return None
        return self._rows[index].key, self._end(index) - y

    def _restore(self, anchor: tuple[str, int] | None) -> None:
        index = self._index_of(anchor[0]) if anchor and not self._is_following else None
        if anchor is None or index is None:
            self.go_to_end()
        else:
            self._go_to(self._end(index) - anchor[1])

    def _go_to_news(self) -> None:
        """To where the new messages begin, else to the bottom."""
        self._is_fresh = not any(isinstance(row, MessageRow) for row in self._rows)
        index = self._index_of("new")
        self._go_to(self.max_scroll_y if index is None else self._starts[index])

    def _index_of(self, key: str) -> int | None:
        return next((index for index, row in enumerate(self._rows) if row.key == key), None)

    def _end(self, index: int) -> int:
        is_last = index + 1 == len(self._starts)
        return len(self._lines) if is_last else self._starts[index + 1]

    def _go_to(self, y: float) -> None:
        self.scroll_to(y=y, animate=False, force=True)
        self._is_following = self.is_at_end

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        # Other rows may lie at the old place for a moment, which nobody sees.
        if not self._is_placing:
            self._is_following = self.is_at_end
            self.announce()
            self.post_message(self.Moved())

    def on_key(self, event: events.Key) -> None:
        if event.is_printable and event.character is not None:
            event.stop()
            self.post_message(self.Typed(event.character))

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out(self._rows)

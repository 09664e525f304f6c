"""The conversations, the latest active on top, with what is unread in each."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.widgets import OptionList
from textual.widgets.option_list import Option

MOST_TOLD = 999
TITLE_OF_NEWS = "bold"
BADGE = "bold ansi_red"
REVERSED = Style(reverse=True)


@dataclass(frozen=True)
class ListItem:
    """One of them; `title` is safe to show."""

    key: str
    title: str
    unread: int
    is_open: bool


class ConversationList(OptionList):
    """Enter opens the one that the cursor is on."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._items: Sequence[ListItem] = ()

    def show(self, items: Sequence[ListItem]) -> None:
        """Show these in place of the others; the cursor stays on the same one."""
        if items != self._items:
            self._items = items
            self._fill()

    def _fill(self) -> None:
        cursor = self.highlighted_option.id if self.highlighted_option else None
        width = self.scrollable_content_region.width
        self.set_options(Option(_line(item, width), id=item.key) for item in self._items)
        keys = [item.key for item in self._items]
        opened = next((item.key for item in self._items if item.is_open), None)
        wanted = cursor if self.has_focus and cursor in keys else opened
        self.highlighted = keys.index(wanted) if wanted in keys else 0 if keys else None

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        # Every one has one line. The style sheet's own `text-style: reverse` comes to nothing.
        is_cursor = self.has_focus and self.scroll_offset.y + y == self.highlighted
        return strip.apply_style(REVERSED) if is_cursor else strip

    def on_resize(self, event: events.Resize) -> None:
        self._fill()


def _line(item: ListItem, width: int) -> Content:
    badge = f" {min(item.unread, MOST_TOLD)}{'+' if item.unread > MOST_TOLD else ''}"
    badge = f"{badge} " if item.unread else " "
    room = max(1, width - 1 - cell_len(badge))
    title = Content(item.title).truncate(room, ellipsis=True)
    title = title.pad_right(room - title.cell_length).stylize(TITLE_OF_NEWS if item.unread else "")
    return Content(">" if item.is_open else " ").append(title).append(Content.styled(badge, BADGE))

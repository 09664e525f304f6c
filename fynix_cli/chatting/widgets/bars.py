"""The single lines of the screen: whose conversation it is, who types, how the line is."""

from dataclasses import dataclass

from rich.style import Style
from rich.text import Text
from textual import events
from textual.widgets import Static

from fynix_server.protocol.fields import MAX_CONTENT_CODE_POINTS

DIM = Style(dim=True)
BOLD = Style(bold=True)
NEAR_LIMIT = 200


class Bar(Static):
    """One line with something at each of its ends.

    Where both do not fit, the left one is cut (`keeps_right`) or the right one goes.
    """

    def __init__(self, id: str, *, keeps_right: bool) -> None:
        super().__init__(id=id, markup=False)
        self._keeps_right = keeps_right
        self._left, self._right = Text(), Text()

    def show(self, left: Text, right: Text) -> None:
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self._fill()

    def _fill(self) -> None:
        width = self.content_size.width
        left, right = self._left.copy(), self._right
        if left.cell_len + 1 + right.cell_len > width and not self._keeps_right:
            right = Text()
        room = max(1, width - right.cell_len - (1 if right else 0))
        left.truncate(room, overflow="ellipsis")
        gap = max(0, width - left.cell_len - right.cell_len)
        self.update(left.append(" " * gap).append_text(right))

    def on_resize(self, event: events.Resize) -> None:
        self._fill()


class Told(Static):
    """What the server tells this person, whole; nothing where it tells nothing."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._lines: tuple[str, ...] = ()
        self.display = False

    def show(self, lines: tuple[str, ...]) -> None:
        """`lines` are safe to show; none: it goes away."""
        if lines != self._lines:
            self._lines, self.display = lines, bool(lines)
            label = ("The server says (Esc: read): ", Style(color="red", bold=True))
            self.update(Text.assemble(label, "\n".join(lines)))


def heading(title: str, names: list[str], unread_elsewhere: int) -> tuple[Text, Text]:
    """`names`: of a group's people; all is safe to show."""
    left = Text.assemble((title or "fynix chat", BOLD))
    if names:
        left.append(f"  {', '.join(names)}", DIM)
    told = f"{unread_elsewhere} unread{' elsewhere' if title else ''}"
    elsewhere = told if unread_elsewhere else ""
    return left, Text(elsewhere, Style(color="red"))


def typing_line(names: list[str], is_at_end: bool, length: int) -> tuple[Text, Text]:
    """Who types (safe to show), whether there is more below, how long the input is."""
    if names:
        who = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}"
        if len(names) > 2:
            who = f"{len(names)} people"
        left = Text(f"{who} {'is' if len(names) == 1 else 'are'} typing …", Style(italic=True))
    else:
        left = Text("" if is_at_end else "↓ more below (Esc)", DIM)
    return left, _counter(length)


def _counter(length: int) -> Text:
    left = MAX_CONTENT_CODE_POINTS - length
    style = Style(color="red", bold=True) if left < 0 else BOLD if left < NEAR_LIMIT else DIM
    return Text(f"{length}/{MAX_CONTENT_CODE_POINTS}" if length else "", style)


@dataclass(frozen=True)
class LineState:
    """How the live line is. `said`: what was last said of it."""

    is_connected: bool
    seconds_until_retry: float | None
    said: str


def status(line: LineState, who: str, notice: str) -> tuple[Text, Text]:
    """`who` one is and where, and a `notice` that goes before it; both safe to show."""
    if line.is_connected:
        left = Text.assemble(("● ", "green"), "connected")
    elif line.seconds_until_retry is None:
        left = Text.assemble(("○ ", "yellow"), "connecting …")
    else:
        reason = line.said.partition("; trying again")[0]
        told = f"reconnecting in {line.seconds_until_retry:.0f} s: {reason}"
        left = Text.assemble(("○ ", "red"), told)
    left.append(f"  {notice or who}", Style(color="red") if notice else DIM)
    return left, Text("F1 help  F2 list  ^O open  ^N next  ^Q quit", DIM)

"""Two windows and the narrator, as rich draws them."""

from collections.abc import Iterator, Sequence

from rich.align import Align
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fynix_cli.demo.person import Person
from fynix_cli.demo.window import Entry, Window
from fynix_cli.output import visible

TALLEST, BELOW = 13, 6
"""Lines of a window, and what stands below it: the narrator, the frame, the prompt."""
NARRATED = 3


def picture(people: Sequence[Person], said: Sequence[str], height: int) -> RenderableType:
    """Everything, on a terminal of so many lines."""
    tall = min(TALLEST, height - BELOW)
    table = Table.grid(expand=True)
    for _ in people:
        table.add_column(ratio=1)
    table.add_row(*(_window(it, tall) for it in people))
    return Group(table, *_narration(said))


def _window(person: Person, tall: int) -> Panel:
    window = person.window
    is_there = window.is_connected
    # A line for each message at least, and those of long ago have moved out of sight.
    lines = [_bubble(window, it) for it in window.entries][-(tall - 3) :]
    if window.is_other_typing and is_there:
        lines.append(Text("typing …", style="italic dim"))
    state = Text("● connected", "green") if is_there else Text("○ no line", "bold red")
    return Panel(
        Group(*lines),
        title=Text(person.name, style="bold"),
        title_align="left",
        subtitle=state,
        subtitle_align="right",
        height=tall,
        border_style="blue" if is_there else "red",
    )


def _bubble(window: Window, entry: Entry) -> RenderableType:
    said = Text("message deleted", "italic dim") if entry.is_deleted else Text(visible(entry.text))
    if entry.is_edited and not entry.is_deleted:
        said.append(" (edited)", style="dim")
    if not window.is_mine(entry):
        return said
    if not entry.is_deleted:
        said.append(" ✓✓" if window.is_read(entry) else " ✓", style="cyan")
    return Align.right(said)


def _narration(said: Sequence[str]) -> Iterator[Text]:
    """The last few lines, the newest bright; as many lines from the first one on."""
    shown = [*said[-NARRATED:]]
    for number, text in enumerate(shown):
        is_newest = number == len(shown) - 1
        yield Text(f"{'▸' if is_newest else ' '} {text}", style="bold" if is_newest else "dim")
    yield from (Text("") for _ in range(NARRATED - len(shown)))

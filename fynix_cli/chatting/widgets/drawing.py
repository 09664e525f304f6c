"""Rows of the history as lines of a terminal.

Only the sixteen colours of the terminal itself and its own background: they are what the person
has chosen, so that it is legible on dark and on light ones.
"""

from collections.abc import Iterator

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from fynix_cli.chatting.rows import READ, MessageRow, NoteRow, Row

CLOCK_COLUMNS = 6
NARROW = 30
HUES = ("cyan", "magenta", "green", "yellow", "blue", "red")
DIM = Style(dim=True)
NOTE = Style(dim=True, italic=True)
NEWS = Style(color="red", bold=True)
PROBLEM = Style(color="red")


def draw(row: Row, width: int, console: Console) -> list[Strip]:
    """The lines of a row, each `width` columns at most."""
    texts = _note(row, width) if isinstance(row, NoteRow) else _message(row, width, console)
    return [Strip(list(text.render(console))).crop(0, width) for text in texts]


def _note(row: NoteRow, width: int) -> list[Text]:
    if not row.is_rule:
        indent = " " * _indent(width)
        return [Text.assemble(indent, line) for line in _wrapped(Text(row.text, NOTE), width)]
    style = NEWS if row.is_news else DIM
    label = f" {row.text} "
    before = max(0, (width - len(label)) // 2)
    rule = "─" * before + label + "─" * max(0, width - before - len(label))
    return [Text.assemble((rule, style))]


def _message(row: MessageRow, width: int, console: Console) -> list[Text]:
    texts = _body(row, width)
    clock = row.clock or ""
    if not _indent(width):
        # Above the text, which has the whole width to itself.
        heading = Text(" ").join(part for part in (Text(clock, DIM), *_sender(row)) if part)
        heading.truncate(width, overflow="ellipsis")
        return [heading, *texts] if heading else texts
    for sender in _sender(row):
        sender.truncate(max(1, width - _indent(width)), overflow="ellipsis")
        texts.insert(0, sender)
    lines = []
    for text in texts:
        lines.append(Text.assemble((clock.ljust(_indent(width)), DIM), text))
        clock = ""
    return lines


def _sender(row: MessageRow) -> Iterator[Text]:
    if row.sender is not None:
        hue = None if row.hue is None else HUES[row.hue % len(HUES)]
        yield Text(row.sender, Style(color=hue, bold=True))


def _body(row: MessageRow, width: int) -> list[Text]:
    style = NOTE if row.is_deleted else DIM if row.is_pending else Style()
    lines = [Text(line, style) for line in row.lines]
    if row.is_edited:
        lines[-1].append(" (edited)", NOTE)
    if row.mark:
        lines[-1].append(f" {row.mark}", _style_of_mark(row))
    if row.problem is not None:
        lines.append(Text(row.problem, PROBLEM))
    return [part for line in lines for part in _wrapped(line, width)]


def _style_of_mark(row: MessageRow) -> Style:
    if row.problem is not None:
        return PROBLEM
    return Style(color="cyan") if row.mark.startswith(READ) else DIM


def _wrapped(text: Text, width: int) -> list[Text]:
    return list(text.wrap(_PLAIN, max(1, width - _indent(width)), overflow="fold"))


def _indent(width: int) -> int:
    return CLOCK_COLUMNS if width >= NARROW else 0


# Wrapping asks a console only for how wide a tab is, and tabs are spaces by now.
_PLAIN = Console()

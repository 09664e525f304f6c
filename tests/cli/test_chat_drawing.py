"""Rows of the chat as lines: nothing of a text is cut off, however narrow the terminal is."""

import io

import pytest
from rich.console import Console

from fynix_cli.chatting.rows import MessageRow
from fynix_cli.chatting.widgets.drawing import draw

TEXT = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize("width", [20, 29, 30, 60])
@pytest.mark.parametrize(
    ("sender", "clock"), [("bob", "14:02"), (None, "14:02"), (None, None)], ids=str
)
def test_a_message_is_drawn_whole(width: int, sender: str | None, clock: str | None) -> None:
    row = MessageRow(key="m1", sender=sender, hue=1, clock=clock, lines=(TEXT,))

    lines = [strip.text for strip in draw(row, width, Console(file=io.StringIO()))]

    shown = "\n".join(lines)
    assert all(len(line) <= width for line in lines)
    assert TEXT in shown.replace("\n", "").replace(" ", "")
    assert (clock is None) == ("14:02" not in shown)


def test_time_and_sender_are_apart_where_it_is_narrow() -> None:
    row = MessageRow(key="m1", sender="bob", hue=1, clock="14:02", lines=("hello",))

    lines = [strip.text for strip in draw(row, 20, Console(file=io.StringIO()))]

    assert lines == ["14:02 bob", "hello"]

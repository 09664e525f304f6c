"""What people wrote, as lines that a terminal shows and does not obey."""

from fynix_cli.output import visible

TAB_COLUMNS = 4


def shown_lines(text: str) -> tuple[str, ...]:
    """`text` in its own lines, each without control characters and marks that reorder.

    Whoever draws them must keep the lines of one message apart from the next message's: a line
    break could otherwise forge a message of somebody else's.
    """
    lines = text.replace("\r\n", "\n").expandtabs(TAB_COLUMNS).split("\n")
    return tuple(visible(line) for line in lines)


def without_controls(text: str) -> str:
    """The same as one text, with its line breaks: what may stand in the input."""
    return "\n".join(shown_lines(text))

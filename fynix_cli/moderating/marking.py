"""A part of a text, with what matters underlined on the next line."""

from fynix_cli.output import visible

MAX_COLUMNS = 76
_ELLIPSIS = "…"


def underlined(text: str, start: int, end: int) -> tuple[str, str]:
    """The code points around `start` to `end` (excluded), on one line of MAX_COLUMNS at most, and
    a line of `^` under those between; of a long match its beginning.

    In columns of a terminal: a Chinese character takes two of them, an accent none.
    """
    shown = visible(text)  # each character becomes one, so that places stay
    last = _fitting(shown, start, end, MAX_COLUMNS // 2)
    first = _back(shown, start, MAX_COLUMNS // 4)
    rest = MAX_COLUMNS - 2 - _columns(shown[first:last])
    stop = _fitting(shown, last, len(shown), rest) if last == end else last
    before = _ELLIPSIS if first > 0 else ""
    after = _ELLIPSIS if stop < len(shown) else ""
    indent = " " * _columns(before + shown[first:start])
    marks = "^" * max(1, _columns(shown[start:last]))
    return f"{before}{shown[first:stop]}{after}", f"{indent}{marks}"


def _fitting(text: str, start: int, end: int, columns: int) -> int:
    """How far one gets from `start` towards `end` in so many columns."""
    at, used = start, 0
    while at < end and used + _columns(text[at]) <= columns:
        used += _columns(text[at])
        at += 1
    return at


def _back(text: str, start: int, columns: int) -> int:
    """Where one must begin to have so many columns before `start`."""
    at, used = start, 0
    while at > 0 and used + _columns(text[at - 1]) <= columns:
        used += _columns(text[at - 1])
        at -= 1
    return at


def _columns(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)

"""What a sliding window is asked, and what it answers, wherever it is kept."""

from typing import NamedTuple


class Window(NamedTuple):
    """What is asked for: one more, `member`, in the window of `key` that ends now."""

    key: str
    limit: int
    length_ms: int
    now_ms: int
    member: str


class Taken(NamedTuple):
    """Whether it was had, whether that cost a place, and what the window holds now.

    `awaited_ms`: when that was counted whose leaving the next one waits for. It is the oldest,
    unless the window holds more than `limit`, since that was lowered: then a later one.
    """

    is_allowed: bool
    is_counted: bool
    in_window: int
    awaited_ms: int

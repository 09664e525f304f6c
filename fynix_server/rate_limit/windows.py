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
    """Whether it was had, whether that cost a place, and what the window holds now."""

    is_allowed: bool
    is_counted: bool
    in_window: int
    oldest_ms: int

"""Sliding windows in this process."""

from collections import OrderedDict
from itertools import islice

from fynix_server.rate_limit.windows import Taken, Window

_KEYS = 10_000


class LocalWindows:
    """Windows by key; the least recently used leave when there are too many."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, dict[str, int]] = OrderedDict()
        """By key, when each member was counted, oldest first."""

    def take(self, window: Window) -> Taken:
        times = self._windows.setdefault(window.key, {})
        self._windows.move_to_end(window.key)
        if len(self._windows) > _KEYS:
            self._windows.popitem(last=False)
        while times and _awaited(times) <= window.now_ms - window.length_ms:
            del times[next(iter(times))]
        is_known = window.member in times
        is_counted = not is_known and len(times) < window.limit
        if is_counted:
            times[window.member] = window.now_ms
        too_many = max(0, len(times) - window.limit)
        return Taken(is_known or is_counted, is_counted, len(times), _awaited(times, too_many))

    def look(self, window: Window) -> Taken:
        """What `take` would find, without one more."""
        begins_ms = window.now_ms - window.length_ms
        times = self._windows.get(window.key, {})
        held = {member: at for member, at in times.items() if at > begins_ms}
        too_many = max(0, len(held) - window.limit)
        awaited_ms = _awaited(held, too_many) if held else window.now_ms
        return Taken(len(held) < window.limit, False, len(held), awaited_ms)

    def give_back(self, key: str, member: str) -> None:
        self._windows.get(key, {}).pop(member, None)

    def forget(self, key: str) -> None:
        self._windows.pop(key, None)


def _awaited(times: dict[str, int], too_many: int = 0) -> int:
    return next(islice(times.values(), too_many, None))

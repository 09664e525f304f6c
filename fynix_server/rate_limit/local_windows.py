"""Sliding windows in this process."""

from collections import OrderedDict

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
        while times and _oldest(times) <= window.now_ms - window.length_ms:
            del times[next(iter(times))]
        is_known = window.member in times
        is_counted = not is_known and len(times) < window.limit
        if is_counted:
            times[window.member] = window.now_ms
        return Taken(is_known or is_counted, is_counted, len(times), _oldest(times))

    def give_back(self, key: str, member: str) -> None:
        self._windows.get(key, {}).pop(member, None)


def _oldest(times: dict[str, int]) -> int:
    return next(iter(times.values()))

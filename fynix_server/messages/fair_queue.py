"""A bounded queue in lanes that take turns: whoever floods one waits in it, and others do not."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Lane = TypeVar("Lane", bound=Hashable)
Item = TypeVar("Item")


class FairQueue(Generic[Lane, Item]):
    """Holds `size` items. Within a lane they keep their order; among lanes it is one of each."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._count = 0
        self._lanes: OrderedDict[Lane, deque[Item]] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def put(self, lane: Lane, item: Item) -> bool:
        """Append `item` to its lane; False where that has no room.

        A lane may hold as many as there are places left over: one alone half of the queue, and
        however many are long, there are places for another.
        """
        items = self._lanes.get(lane)
        if (len(items) if items is not None else 0) >= self._size - self._count:
            return False
        if items is None:
            self._lanes[lane] = deque((item,))
        else:
            items.append(item)
        self._count += 1
        return True

    def take(self, at_most: int) -> list[Item]:
        """The next items: one of each lane in turn."""
        taken: list[Item] = []
        while self._lanes and len(taken) < at_most:
            lane, items = self._lanes.popitem(last=False)
            taken.append(items.popleft())
            if items:
                self._lanes[lane] = items
        self._count -= len(taken)
        return taken

"""Who is worth judging: noted by this instance as it stores what they send, without a query."""

import asyncio
from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

MOST_PEOPLE = 10_000
"""In each of the lists here, so that no crowd grows them. Some 200 bytes for each of them."""
WORTH_JUDGING = 30
"""Points from which somebody is: three new conversations, or thirty messages."""
BEGINNING = 10
"""Points of the first message of a conversation; any other is one."""
FIRST_SEQ = 2
"""The number of a conversation's first message: 1 is its making."""


class Suspect(NamedTuple):
    """Somebody worth judging. `after`: a judgement made later than this has seen what they did.

    `is_urgent`: others complained of them, so that no cool-down counts.
    """

    user_id: UUID
    after: datetime
    is_urgent: bool = False


class Suspects:
    """Bounded, and in memory alone: what a restart forgets, the next messages note again."""

    def __init__(self, most_people: int = MOST_PEOPLE) -> None:
        self._most_people = most_people
        # The send path looks into these two: by `UUID.int`, since to find a UUID in a dict takes
        # half a microsecond of Python, and to find an int almost nothing.
        self._points: OrderedDict[int, int] = OrderedDict()
        self._due: OrderedDict[int, datetime] = OrderedDict()
        self._complained_of: OrderedDict[UUID, datetime] = OrderedDict()
        self._resting: OrderedDict[UUID, datetime] = OrderedDict()
        """Until when: they were judged just before. All rest equally long, so it is in order."""
        self._somebody_came = asyncio.Event()

    def __len__(self) -> int:
        lists = (self._points, self._due, self._complained_of, self._resting)
        return sum(len(it) for it in lists)

    def note_sent(self, sender_id: UUID, seq: int, at: datetime) -> None:
        """Count a message that was just stored. On the send path: a few looks into dicts."""
        sender = sender_id.int
        if sender in self._due:
            self._due[sender] = at
            return
        points = self._points.get(sender, 0) + (BEGINNING if seq == FIRST_SEQ else 1)
        if points >= WORTH_JUDGING and len(self._due) < self._most_people:
            self._points.pop(sender, None)
            self._due[sender] = at
            self.wake()
            return
        self._points[sender] = points
        if len(self._points) > self._most_people:
            self._points.popitem(last=False)

    def note_complaint(self, user_id: UUID, at: datetime) -> None:
        """Judge them next: somebody has blocked or reported them."""
        if len(self._complained_of) < self._most_people:
            self._complained_of[user_id] = at

    def take(self, now: datetime) -> Suspect | None:
        """Whoever is to be judged next. None: nobody is."""
        if self._complained_of:
            return Suspect(*self._complained_of.popitem(last=False), is_urgent=True)
        if self._resting:
            user_id, until = next(iter(self._resting.items()))
            if until <= now:
                del self._resting[user_id]
                return Suspect(user_id, until)
        if not self._due:
            return None
        sender, after = self._due.popitem(last=False)
        return Suspect(UUID(int=sender), after)

    def let_rest(self, user_id: UUID, until: datetime) -> None:
        """Take them again, but not before `until`."""
        if len(self._resting) < self._most_people:
            self._resting[user_id] = until

    def put_back(self, suspect: Suspect) -> None:
        """They could not be judged just now."""
        if suspect.is_urgent:
            self._complained_of[suspect.user_id] = suspect.after
        else:
            self._due[suspect.user_id.int] = suspect.after

    def wake(self) -> None:
        """Have whoever waits for somebody look now."""
        self._somebody_came.set()

    async def wait(self, at_most_seconds: float) -> None:
        """Until somebody is due, or so long."""
        try:
            async with asyncio.timeout(at_most_seconds):
                await self._somebody_came.wait()
        except TimeoutError:
            pass
        self._somebody_came.clear()

"""What noting its sender costs a message that was stored: `python -m tests.spam.cost`."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from fynix_server.spam.suspects import WORTH_JUDGING, Suspects

PEOPLE, TIMES = 9_000, 15


def _nothing(_sender_id: UUID, _seq: int, _at: datetime) -> None:
    """What is compared with: the call alone."""


def _nanoseconds(note: Callable[[UUID, int, datetime], None], people: list[UUID]) -> float:
    """CPU for one message, each of somebody else; the best of some times."""
    now, best = datetime.now(UTC), float("inf")
    for _ in range(TIMES):
        began = time.process_time_ns()
        for user_id in people:
            note(user_id, 7, now)
        best = min(best, (time.process_time_ns() - began) / len(people))
    return best


def main() -> int:
    people = [uuid4() for _ in range(PEOPLE)]
    waiting = Suspects()
    for user_id in people:
        for _ in range(WORTH_JUDGING):
            waiting.note_sent(user_id, 7, datetime.now(UTC))
    cases = {
        "people who are new to it": Suspects().note_sent,
        "people who wait to be judged": waiting.note_sent,
        "more people than there is room for": Suspects(most_people=100).note_sent,
    }
    nothing = _nanoseconds(_nothing, people)
    for name, note in cases.items():
        sys.stdout.write(f"{name}: {_nanoseconds(note, people) - nothing:.0f} ns\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a made-up person did: told message by message, as the database would give it back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from fynix_server.spam.conduct import OPENINGS_SPAN, TEXTS_SPAN, Complaints, Conduct, Opening, Sent

NOW = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)
_MEAN_ANSWER_HOURS = 3.0
# Of a hundred people who get something unwanted from a stranger, and of as many who get
# something that they asked for, or that a friend wrote.
UNWANTED_BLOCKS, UNWANTED_REPORTS = 0.08, 0.04
WANTED_BLOCKS, WANTED_REPORTS = 0.002, 0.0005
# The most that the queries read.
_MAX_SENT, _MAX_OPENINGS = 500, 300


@dataclass
class Story:
    """One person's last week, up to NOW."""

    random: Random
    account_age: timedelta
    complaints: Complaints = field(default_factory=Complaints)
    _sent: list[Sent] = field(default_factory=list)
    _openings: list[Opening] = field(default_factory=list)
    _strangers: int = 0

    def say(self, recipient: str, hours_ago: float, content: str) -> None:
        """A message to somebody whom they know, or in a group."""
        self._sent.append(Sent(recipient, NOW - timedelta(hours=hours_ago), content))

    def write_first(self, hours_ago: float, content: str, answer_rate: float) -> None:
        """The first message to somebody new, who answers at that rate, in their own time."""
        self._strangers += 1
        self.say(f"stranger {self._strangers}", hours_ago, content)
        answers = self.random.random() < answer_rate
        is_in_time = self.random.expovariate(1 / _MEAN_ANSWER_HOURS) < hours_ago
        at = NOW - timedelta(hours=hours_ago)
        self._openings.append(Opening(at, content, answers and is_in_time))

    def be_complained_of(self, people: int, *, is_wanted: bool) -> None:
        """Some of the `people` who got something block and report, as they would."""
        blocks, reports = (
            (WANTED_BLOCKS, WANTED_REPORTS) if is_wanted else (UNWANTED_BLOCKS, UNWANTED_REPORTS)
        )
        self.complaints = Complaints(self._some_of(people, blocks), self._some_of(people, reports))

    def _some_of(self, people: int, rate: float) -> int:
        return sum(self.random.random() < rate for _ in range(people))

    @property
    def conduct(self) -> Conduct:
        """As much of it as the server would look at."""
        sent = sorted(self._sent, key=lambda it: it.at, reverse=True)
        openings = sorted(self._openings, key=lambda it: it.at, reverse=True)
        return Conduct(
            account_created_at=NOW - self.account_age,
            sent=[it for it in sent if it.at >= NOW - TEXTS_SPAN][:_MAX_SENT],
            openings=[it for it in openings if it.at >= NOW - OPENINGS_SPAN][:_MAX_OPENINGS],
        )


@dataclass(frozen=True)
class Kind:
    """A way to behave. `share`: of all spammers, or of all honest people, as is assumed."""

    name: str
    is_spam: bool
    share: float
    write: Callable[[Random], Story]

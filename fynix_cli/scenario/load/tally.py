"""What a load comes to: counts and histograms, of which none grows with time."""

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from fynix_cli.scenario.load.histogram import Histogram, new_histogram
from fynix_cli.scenario.playing.journal import Entry
from fynix_cli.scenario.playing.outcome import Outcome

MOST_TEXTS = 50
MOST_KINDS = 200
OTHERS = "other"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RANDOM = re.compile(
    r"\b[0-9a-f]{8,}\b|(?<=_)[0-9a-f]{10}\b|\b\d+\.\d+\b|\b\d{4,}\b|(?<=again in )\d+"
)
_MESSAGE = re.compile(r"^POST /api/conversations/\{id\}/messages$")
_SUCCESS = range(200, 300)


@dataclass
class Tally:
    """`messages`: sent and stored; `failures`: iterations that were not good, by their text."""

    clock: Callable[[], float] = time.monotonic
    users: int = 0
    iterations: int = 0
    steps: int = 0
    messages: int = 0
    deliveries: int = 0
    cut_short: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    requests: dict[str, Histogram] = field(default_factory=dict)
    events: dict[str, Histogram] = field(default_factory=dict)
    iteration: Histogram = field(default_factory=new_histogram)
    began: float = 0.0
    seconds: float = 0.0

    def begin(self) -> None:
        self.began = self.clock()

    def end(self) -> None:
        self.seconds = self.clock() - self.began

    @property
    def failed(self) -> int:
        return self.failures.total()

    @property
    def failed_share(self) -> float:
        return self.failed / self.iterations if self.iterations else 0.0

    def note_outcome(self, outcome: Outcome) -> None:
        """An iteration is over, well or not."""
        self.iterations += 1
        self.iteration.note(outcome.seconds)
        if not outcome.is_good:
            _count(self.failures, plain_text(outcome.text), MOST_TEXTS)
        for event, latencies in outcome.latencies.items():
            histogram = self.events.setdefault(event, new_histogram())
            for seconds in latencies:
                histogram.note(seconds)

    def listener(self) -> Callable[[Entry], None]:
        """What is to hear of everything in one iteration. It forgets it with the iteration."""
        asked: dict[int, str] = {}

        def hear(entry: Entry) -> None:
            if entry.kind == "step":
                self.steps += 1
            elif entry.kind == "request":
                asked[entry.data["call"]] = f"{entry.data['method']} {template(entry.data['path'])}"
            elif entry.kind == "answer":
                self._note_answer(asked.pop(entry.data["call"]), entry)
            elif entry.kind == "arrived":
                self.deliveries += entry.text == "new_message"
                self.messages += entry.text == "ack"

        return hear

    def _note_answer(self, kind: str, entry: Entry) -> None:
        status = int(entry.data["status"])
        self.statuses[status] += 1
        if status in _SUCCESS and _MESSAGE.match(kind):
            self.messages += 1
        if kind not in self.requests and len(self.requests) >= MOST_KINDS:
            kind = OTHERS
        self.requests.setdefault(kind, new_histogram()).note(float(entry.data["seconds"]))


def template(path: str) -> str:
    """A path without its query, and without the ids in it."""
    return _UUID.sub("{id}", path.partition("?")[0])


def plain_text(text: str) -> str:
    """A failure without what differs each time, so that the same ones count as one."""
    return _RANDOM.sub("…", _UUID.sub("{id}", text.split("\n", 1)[0]))


def _count(counter: Counter[str], text: str, most: int) -> None:
    counter[text if text in counter or len(counter) < most else OTHERS] += 1

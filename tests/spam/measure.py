"""How well the score tells spammers from honest people: `python -m tests.spam.measure`."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fynix_server.spam.conduct import signals_of
from fynix_server.spam.score import Measure, measure_for, score
from fynix_server.spam.signals import Signals
from tests.spam.collection import report_on_texts
from tests.spam.traffic import KINDS, Labelled, generate
from tests.spam.traffic.story import NOW, Kind

HELD_OUT_SEED = 20_260_520
"""Not looked at while the weights were chosen."""
EACH = 300
_STEPS = list(Measure)
_WORDS = ("nothing", "slow mode", "hold", "suspension")


@dataclass(frozen=True)
class Judged:
    """What is done to each of one kind's people."""

    kind: Kind
    measures: Sequence[Measure]

    def reach(self, measure: Measure) -> float:
        """The part of them, 0 to 1, to whom this is done, or worse."""
        reached = sum(_STEPS.index(it) >= _STEPS.index(measure) for it in self.measures)
        return reached / len(self.measures)


@dataclass(frozen=True)
class Seen:
    """A person, and what the score looks at."""

    kind: Kind
    signals: Signals

    def without_complaints(self) -> "Seen":
        return Seen(self.kind, replace(self.signals, blocks_received=0, reports_received=0))


def see(person: Labelled) -> Seen:
    story = person.story
    return Seen(person.kind, signals_of(story.conduct, story.complaints, NOW))


def judge(people: Collection[Seen]) -> list[Judged]:
    """Everybody scored, by kind."""
    by_kind: dict[str, list[Measure]] = defaultdict(list)
    for person in people:
        by_kind[person.kind.name].append(measure_for(score(person.signals)))
    return [Judged(kind, by_kind[kind.name]) for kind in KINDS]


def recall(judged: Collection[Judged], measure: Measure) -> float:
    """Of the spammers, each kind by its share, those to whom this is done, or worse."""
    return sum(it.kind.share * it.reach(measure) for it in judged if it.kind.is_spam)


def false_alarms(judged: Collection[Judged], measure: Measure) -> float:
    """The same of honest people."""
    return sum(it.kind.share * it.reach(measure) for it in judged if not it.kind.is_spam)


def precision(judged: Collection[Judged], measure: Measure, prevalence: float) -> float | None:
    """Of those to whom this is done, the spammers; None where it is done to nobody.

    `prevalence`: the part of all people, 0 to 1, who are spammers.
    """
    caught = prevalence * recall(judged, measure)
    wronged = (1 - prevalence) * false_alarms(judged, measure)
    return caught / (caught + wronged) if caught + wronged else None


# ── the report ───────────────────────────────────────────────────────────────────────────────


def report(people: Collection[Seen]) -> str:
    """Tables in Markdown: with complaints, and as if nobody could block or report."""
    without = [it.without_complaints() for it in people]
    return "\n".join(
        (*_tables("With blocks and reports", people), *_tables("Without them", without))
    )


def _tables(title: str, people: Collection[Seen]) -> Iterator[str]:
    judged = judge(people)
    yield from (f"### {title}", "", *_totals(judged), "", *_kinds(judged), "")
    yield from (_missed(judged), "")


def _totals(judged: Collection[Judged]) -> Iterator[str]:
    yield "| from | recall | false alarms | precision, 1 spammer in 10 | in 100 | in 1,000 |"
    yield "|---|---|---|---|---|---|"
    for measure, words in zip(_STEPS[1:], _WORDS[1:], strict=True):
        precisions = [precision(judged, measure, it) for it in (0.1, 0.01, 0.001)]
        shares = (recall(judged, measure), false_alarms(judged, measure), *precisions)
        yield f"| {words} | " + " | ".join(map(_percent, shares)) + " |"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _kinds(judged: Collection[Judged]) -> Iterator[str]:
    yield "| kind | of all | " + " | ".join(_WORDS) + " |"
    yield "|---|---|---|---|---|---|"
    for it in judged:
        whole = f"{it.kind.share:.1%} of {'spammers' if it.kind.is_spam else 'the honest'}"
        shares = (_percent(it.measures.count(step) / len(it.measures)) for step in _STEPS)
        yield f"| {it.kind.name} | {whole} | " + " | ".join(shares) + " |"


def _missed(judged: Collection[Judged]) -> str:
    spammers = (it for it in judged if it.kind.is_spam)
    names = [it.kind.name for it in spammers if it.reach(Measure.SLOW_MODE) < 0.5]
    return "Missed more often than not: " + (", ".join(names) or "no kind") + "."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.spam.measure", description=__doc__)
    parser.add_argument("--seed", type=int, default=HELD_OUT_SEED, help="decides who does what")
    parser.add_argument("--each", type=int, default=EACH, help="people of every kind")
    parser.add_argument(
        "--texts", type=Path, help="a copy of the SMS Spam Collection: compare its texts instead"
    )
    options = parser.parse_args()
    if options.texts is not None:
        sys.stdout.write(report_on_texts(options.texts, options.seed) + "\n")
    else:
        sys.stdout.write(report([see(it) for it in generate(options.seed, options.each)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())

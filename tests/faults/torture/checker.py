"""The checker: every promise, looked at in everything that a run's clients saw."""

from collections.abc import Sequence

from tests.faults.torture.history import History
from tests.faults.torture.reading_checks import reading_verdicts
from tests.faults.torture.sending_checks import sending_verdicts
from tests.faults.torture.standing_checks import standing_verdicts
from tests.faults.torture.truth import Truth
from tests.faults.torture.verdict import Verdict


def check(history: History, truth: Truth) -> list[Verdict]:
    """A verdict on each promise: how often it was looked at, and where it was broken."""
    return [
        *sending_verdicts(history, truth),
        *reading_verdicts(history, truth),
        *standing_verdicts(history, truth),
    ]


def table(verdicts: Sequence[Verdict]) -> str:
    """The verdicts for people: a line a promise, then the shortest proof of each broken one."""
    width = max(len(it.promise) for it in verdicts)
    lines = [f"{'promise':{width}}  observations  violations"]
    for verdict in verdicts:
        lines.append(
            f"{verdict.promise:{width}}  {verdict.observations:12}  {len(verdict.violations):10}"
        )
    for verdict in verdicts:
        if verdict.violations:
            lines += ["", f"BROKEN: {verdict.promise}"]
            lines += [f"  {line}" for line in verdict.shortest.evidence]
    return "\n".join(lines)


def broken(verdicts: Sequence[Verdict]) -> list[str]:
    """The promises that do not hold."""
    return [it.promise for it in verdicts if it.violations]

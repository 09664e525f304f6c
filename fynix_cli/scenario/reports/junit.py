"""JUnit XML: a suite for each file, a case for each scenario in it."""

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fynix_cli.scenario.playing.outcome import TAIL_FRAMES, Outcome, Status
from fynix_cli.scenario.reports.wording import explanation

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""


def junit_report(outcomes: Sequence[Outcome]) -> str:
    root = Element("testsuites", _counts(outcomes))
    for file, group in groupby(sorted(outcomes, key=lambda it: it.file), lambda it: it.file):
        cases = list(group)
        suite = SubElement(root, "testsuite", {"name": _fit(file), **_counts(cases)})
        for outcome in cases:
            _add_case(suite, outcome)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add_case(suite: Element, outcome: Outcome) -> None:
    attributes = {
        "name": _fit(f"{outcome.title} [{outcome.stack}]"),
        "classname": _fit(outcome.file.removesuffix(".yaml").replace("/", ".")),
        "file": _fit(outcome.file),
        "time": f"{outcome.seconds:.3f}",
    }
    if outcome.place is not None:
        attributes["line"] = str(outcome.place.line)
    case = SubElement(suite, "testcase", attributes)
    if outcome.status is Status.skipped:
        SubElement(case, "skipped", {"message": _fit(outcome.text)})
    elif not outcome.is_good:
        kind = "failure" if outcome.status is Status.failed else "error"
        node = SubElement(case, kind, {"message": _fit(outcome.text), "type": str(outcome.status)})
        node.text = _fit("\n".join(explanation(outcome, events=TAIL_FRAMES)))


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {
        "tests": str(len(outcomes)),
        "failures": str(sum(it.status is Status.failed for it in outcomes)),
        "errors": str(sum(it.status is Status.error for it in outcomes)),
        "skipped": str(sum(it.status is Status.skipped for it in outcomes)),
        "time": f"{sum(it.seconds for it in outcomes):.3f}",
    }


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)

"""An outcome in lines, as the terminal and the reports tell it."""

import json
from collections.abc import Iterator

from fynix_cli.scenario.playing.outcome import Outcome

LATEST_SHOWN = 5
SERVER_LINES_SHOWN = 8


def headline(outcome: Outcome) -> str:
    """Where, and what."""
    where = str(outcome.place) if outcome.place is not None else outcome.file
    return f"{where}  {outcome.title} [{outcome.stack}]"


def explanation(outcome: Outcome, *, events: int = LATEST_SHOWN) -> Iterator[str]:
    """Why it is not good, in lines: what, the expected beside the nearest, what came last, and
    how to play just this again."""
    if not outcome.broken:
        yield outcome.text
    yield from _evidence(outcome)
    for name, wrong in outcome.broken.items():
        for line in wrong:
            yield f"{name}: {line}"
    yield from _tails(outcome, events)
    if outcome.server_log:
        yield "the server logged last:"
        for line in outcome.server_log[-SERVER_LINES_SHOWN:]:
            yield f"    {line}"
    if outcome.rerun:
        yield f"again: {outcome.rerun}"


def _evidence(outcome: Outcome) -> Iterator[str]:
    evidence = outcome.evidence
    if evidence is None:
        return
    if not outcome.broken:
        yield f"    expected  {evidence.expected}"
    if evidence.nearest is not None:
        yield f"    nearest   {evidence.nearest}"
    elif outcome.step is not None:
        yield "    nearest   nothing came that is left"
    if not outcome.broken:
        for difference in evidence.differences:
            yield f"    differs   {difference}"
    if evidence.request_id is not None:
        yield f"    request   {evidence.request_id}"


def _tails(outcome: Outcome, count: int) -> Iterator[str]:
    if not outcome.tails:
        return
    yield "what came last:"
    for device, frames in outcome.tails.items():
        for frame in frames[-count:]:
            text = json.dumps(frame, ensure_ascii=False)
            yield f"    {device:16} {text if len(text) <= 160 else text[:160] + '…'}"
        if not frames:
            yield f"    {device:16} nothing"

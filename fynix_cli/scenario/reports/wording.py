"""An outcome in lines, as the terminal and the reports tell it."""

import json
import re
from collections.abc import Iterator

from fynix_cli.scenario.playing.failures import Evidence
from fynix_cli.scenario.playing.names_of_ids import ID
from fynix_cli.scenario.playing.outcome import Outcome

LATEST_SHOWN = 5
FRAME_SHOWN = 240
"""Of each of these so many characters: what a message says is in them."""
SERVER_LINES_SHOWN = 8


def headline(outcome: Outcome) -> str:
    """Where, and what."""
    where = str(outcome.place) if outcome.place is not None else outcome.file
    return f"{where}  {outcome.title} [{outcome.stack}]"


def explanation(outcome: Outcome, *, events: int = LATEST_SHOWN) -> Iterator[str]:
    """Why it is not good, in lines: what, the expected beside the nearest, what came last, and
    how to play just this again."""
    for line in _why(outcome):
        yield _with_names(line, outcome)
    yield from _tails(outcome, events)
    if outcome.server_log:
        yield "the server logged last:"
        for line in outcome.server_log[-SERVER_LINES_SHOWN:]:
            yield f"    {line}"
    if outcome.rerun:
        yield f"again: {outcome.rerun}"


def _why(outcome: Outcome) -> Iterator[str]:
    if not outcome.broken:
        yield outcome.text
    if outcome.turns:
        yield f"    in        {', '.join(outcome.turns)}"
    yield from _evidence(outcome)
    for name, wrong in outcome.broken.items():
        for line in wrong:
            yield f"{name}: {line}"


def _with_names(text: str, outcome: Outcome, *, is_short: bool = False) -> str:
    """Ids as the scenario calls them. `is_short`: of others only what tells them apart."""

    def named(matched: re.Match[str]) -> str:
        own = matched[0]
        return outcome.names.get(own) or (f"{own[:4]}…{own[-4:]}" if is_short else own)

    return ID.sub(named, text)


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
        yield from (f"    differs   {it}" for it in evidence.differences)
    yield from _besides(evidence)


def _besides(evidence: Evidence) -> Iterator[str]:
    if evidence.note is not None:
        yield f"    note      {evidence.note}"
    if evidence.request_id is not None:
        yield f"    request   {evidence.request_id}"


def _tails(outcome: Outcome, count: int) -> Iterator[str]:
    if not outcome.tails:
        return
    yield "what came last:"
    for device, frames in outcome.tails.items():
        for frame in frames[-count:]:
            whole = json.dumps(frame, ensure_ascii=False)
            text = _with_names(whole, outcome, is_short=True)
            text = text if len(text) <= FRAME_SHOWN else text[:FRAME_SHOWN] + "…"
            yield f"    {device:16} {text}"
        if not frames:
            yield f"    {device:16} nothing"

"""Steps that look at what arrived, and at what the server says."""

from collections import Counter
from itertools import pairwise
from typing import Any

from fynix_cli.scenario.matchers import Mismatch, look_up, mismatches, mismatches_at, shown
from fynix_cli.scenario.model import watching_steps as shapes
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.values import is_reference
from fynix_cli.scenario.playing.answers import check_answer
from fynix_cli.scenario.playing.barrier import (
    NUMBERED,
    all_have_arrived,
    numbered_have_arrived,
)
from fynix_cli.scenario.playing.calls import Call
from fynix_cli.scenario.playing.device import Device
from fynix_cli.scenario.playing.failures import AssertionMissed, Evidence
from fynix_cli.scenario.playing.frame_buffer import Arrival, Frame
from fynix_cli.scenario.playing.naming import conversation_id
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.scope import Scope

WHOLE = 2000
"""Of the one event that matters all is worth seeing."""


async def expect(play: Play, step: Step, args: shapes.Expect, scope: Scope) -> None:
    """Raises: AssertionMissed."""
    device = play.device(step)

    def is_wanted(frame: Frame) -> bool:
        return frame.get("type") == args.event and not mismatches_at(args.where, frame)

    count = 1 if args.count is None else int(args.count)
    found = await device.buffer.take(is_wanted, count, args.within)
    if len(found) < count:
        raise _not_come(device, step, args, len(found))
    if args.count is not None:
        await _check_no_more(play, device, step, args)
    _check_each(step, args, found)
    if args.save is not None:
        frames = [it.frame for it in found]
        scope.set(args.save, frames[0] if args.count is None else frames)


async def _check_no_more(play: Play, device: Device, step: Step, args: shapes.Expect) -> None:
    """So many and no more: which is certain only when all has arrived."""
    await _let_through(play, device, args.event, args.within)
    more = [it.frame for it in device.buffer.left() if _is_one(args, it.frame)]
    if more:
        wanted = f"{args.count} × {args.event} {shown(args.where) if args.where else ''}".strip()
        text = f"{step.written}: {len(more)} more {args.event} than the {args.count} expected"
        raise AssertionMissed(text, Evidence(wanted, shown(more[0], WHOLE)))


def _is_one(args: shapes.Expect | shapes.ExpectNone, frame: Frame) -> bool:
    is_kind = args.event is None or frame.get("type") == args.event
    return is_kind and not mismatches_at(args.where, frame)


def _check_each(step: Step, args: shapes.Expect, found: list[Arrival]) -> None:
    if args.unique_by is not None:
        values = [shown(look_up(it.frame, args.unique_by)) for it in found]
        twice = sorted({it for it in values if values.count(it) > 1})
        if twice:
            text = (
                f"{step.written}: {args.unique_by} {twice[0]} came {values.count(twice[0])} times"
            )
            raise AssertionMissed(text, Evidence(f"all {args.unique_by} differ", ", ".join(values)))
    if args.gapless is not None:
        numbers: list[Any] = [look_up(it.frame, args.gapless) for it in found]
        for before, after in pairwise(numbers):
            if not isinstance(after, int) or after != before + 1:
                text = f"{step.written}: after {args.gapless} {shown(before)} came {shown(after)}"
                wanted = f"{args.gapless} rising by one each"
                raise AssertionMissed(text, Evidence(wanted, str(numbers)))


def _not_come(device: Device, step: Step, args: shapes.Expect, count: int) -> AssertionMissed:
    wanted = args.event + (f" where {shown(args.where)}" if args.where else "")
    if args.count is not None:
        wanted = f"{args.count} × {wanted}"
        text = f"{step.written}: {count} of {args.count} {args.event} within {args.within:g} s"
    else:
        text = f"{step.written}: no such {args.event} within {args.within:g} s"
    left = [it.frame for it in device.buffer.left()]
    nearest = _nearest([it for it in left if it.get("type") == args.event], args)
    note = _taken_before(device, args)
    if nearest is None:
        return AssertionMissed(text, Evidence(wanted, _others(args.event, left), note=note))
    frame, differences = nearest
    told = tuple(str(it) for it in differences)
    return AssertionMissed(text, Evidence(wanted, shown(frame, WHOLE), told, note=note))


def _nearest(frames: list[Frame], args: shapes.Expect) -> tuple[Frame, list[Mismatch]] | None:
    """Which of the right kind differs least."""
    judged = [(it, mismatches_at(args.where, it)) for it in frames]
    return min(judged, key=lambda it: len(it[1]), default=None)


def _others(event: str, left: list[Frame]) -> str | None:
    """Events of other kinds would only lead astray: their kinds are enough."""
    kinds = Counter(str(it.get("type")) for it in left)
    told = [kind if count == 1 else f"{count} × {kind}" for kind, count in kinds.items()]
    return f"no {event} is left; of others {', '.join(told)}" if told else None


def _taken_before(device: Device, args: shapes.Expect) -> str | None:
    """An `expect` that took more than it should have is looked for last."""
    arrivals = device.buffer.arrivals
    count = sum(it.is_taken and _is_one(args, it.frame) for it in arrivals)
    return f"{count} such came before, and earlier steps took them" if count else None


async def expect_none(play: Play, step: Step, args: shapes.ExpectNone, scope: Scope) -> None:
    """Raises: AssertionMissed."""
    device = play.device(step)
    _require_line(device, step)
    # The numbers of their own conversations say nothing of what strangers must not get.
    _require_all(device, await all_have_arrived(play, device, args.within), args.within)
    found = [it.frame for it in device.buffer.left() if _is_one(args, it.frame)]
    if found:
        what = args.event or "event"
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        wanted = f"no {what}" + (f" where {shown(args.where)}" if args.where else "")
        text = f"{step.written}: a {found[0].get('type')} came{more}"
        raise AssertionMissed(text, Evidence(wanted, shown(found[0], WHOLE)))


def _require_line(device: Device, step: Step) -> None:
    """Over a line that was lost nothing comes, which says nothing. Raises: AssertionMissed."""
    lost = device.lost_lines()
    if lost and not device.is_connected:
        text = f"{step.written}: the line had ended with {lost[-1].get('code')}"
        raise AssertionMissed(text, Evidence("a line through which it would come", shown(lost[-1])))


async def _let_through(play: Play, device: Device, event: str | None, within: float) -> None:
    """Raises: AssertionMissed (what should have come has not, so that nothing is certain)."""
    if event in NUMBERED:
        missing = await numbered_have_arrived(play, device, within)
    else:
        missing = await all_have_arrived(play, device, within)
    _require_all(device, missing, within)


def _require_all(device: Device, missing: list[str], within: float) -> None:
    if missing:
        text = f"{device.owner}.{device.name} did not get all within {within:g} s"
        raise AssertionMissed(text, Evidence("every numbered event", "; ".join(missing)))


async def check(play: Play, step: Step, args: shapes.Check, scope: Scope) -> None:
    """Raises: AssertionMissed, CannotPlay."""
    device = play.device(step)
    for name, matcher in args.unread.items():
        call = Call("GET", f"/api/conversations/{conversation_id(scope.resolve(name))}")
        answer = await play.ask(device, call, args.within)
        check_answer(answer, None, f"{step.written}: reading {name}")
        found = mismatches(matcher, answer.body["unread_count"], f"unread of {name}")
        if found:
            evidence = Evidence(shown(matcher), shown(answer.body["unread_count"]))
            raise AssertionMissed(f"{step.written}: {found[0]}", evidence)
    written: Any = step.args
    for (value, matcher), (name, _) in zip(args.values, written.values, strict=True):
        found = mismatches(matcher, value, str(name) if is_reference(name) else "")
        if found:
            raise AssertionMissed(
                f"{step.written}: {found[0]}", Evidence(shown(matcher), shown(value))
            )

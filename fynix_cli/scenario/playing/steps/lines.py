"""Steps that open, close and use a live line."""

import asyncio
import json
from typing import Any

from fynix_cli.matching.fields import MISSING
from fynix_cli.scenario.matchers import mismatches, mismatches_at, shown
from fynix_cli.scenario.model import watching_steps as shapes
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.step_shapes import CLOSED
from fynix_cli.scenario.playing.answers import check_answer
from fynix_cli.scenario.playing.barrier import standing
from fynix_cli.scenario.playing.calls import Answer
from fynix_cli.scenario.playing.device import Device
from fynix_cli.scenario.playing.failures import AssertionMissed, CannotPlay, Evidence
from fynix_cli.scenario.playing.frame_buffer import Frame
from fynix_cli.scenario.playing.greeting import be_greeted, resume, resume_where_left
from fynix_cli.scenario.playing.live_line import LineRefused
from fynix_cli.scenario.playing.naming import conversation_id
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.scope import Scope

COME_BACK_SECONDS = 10.0
COME_BACK_PAUSE_SECONDS = 0.1


async def open_device(
    play: Play, device: Device, within: float, *, is_plain: bool, token: str | None = None
) -> None:
    """Connect, and have everything from now on come through. Raises: LineRefused, CannotPlay,
    AssertionMissed."""
    if is_plain:
        now = await standing(play, device, within)
        messages = {it: conversation["last_message"] for it, conversation in now.items()}
        device.plain_standing = {it: message["seq"] for it, message in messages.items() if message}
    await device.connect(within, is_plain=is_plain, token=token)
    _note_line(play, device, "connected", has_token=token is not None)
    if is_plain:
        await device.flush(within)
        return
    await be_greeted(device, within)


async def connect(play: Play, step: Step, args: shapes.Connect, scope: Scope) -> None:
    device, is_plain = play.device(step), args.protocol == "plain"
    try:
        if args.closed is not None:
            await device.connect(args.within, is_plain=is_plain, token=args.token)
            text = "connected, to be closed"
            _note_line(play, device, text, has_token=args.token is not None)
        else:
            await open_device(play, device, args.within, is_plain=is_plain, token=args.token)
            if args.resume and not is_plain and args.expect is None:
                device.counts_from_resumed = True
                await resume(device, {}, args.within)
    except LineRefused as refused:
        _note_line(play, device, "refused", has_token=args.token is not None)
        _judge_refusal(step, args, refused)
        return
    if args.closed is not None:
        await _expect_close(device, step, args)
    elif args.expect is not None:
        wanted = shown(args.expect.model_dump(exclude_unset=True))
        text = f"{step.written}: the line opened"
        raise AssertionMissed(text, Evidence(f"a refusal: {wanted}", "an open line"))


def _note_line(play: Play, device: Device, text: str, *, has_token: bool = False) -> None:
    """`has_token`: opened with another token than the device's own."""
    play.journal.note("line", text, who=device.who, is_plain=device.is_plain, has_token=has_token)


def _judge_refusal(step: Step, args: shapes.Connect, refused: LineRefused) -> None:
    if args.expect is None:
        raise CannotPlay(f"{step.written}: {refused}") from refused
    if refused.status is None:
        raise CannotPlay(f"{step.written}: {refused}") from refused
    check_answer(Answer(refused.status, {}, None, 0.0), args.expect, step.written)


async def _expect_close(device: Device, step: Step, args: shapes.Connect) -> None:
    found = await device.buffer.take(lambda it: it.get("type") == CLOSED, 1, args.within)
    code = found[0].frame["code"] if found else MISSING
    differences = mismatches(args.closed, code, "code")
    if differences:
        text = f"{step.written}: {differences[0]}"
        raise AssertionMissed(text, Evidence(f"closed with {shown(args.closed)}", shown(code)))


async def reconnect(play: Play, step: Step, args: shapes.Reconnect, scope: Scope) -> None:
    device = play.device(step)
    try:
        resumed = await come_back(play, device, args.within, is_resumed=args.resume)
    except LineRefused as refused:
        raise CannotPlay(f"{step.written}: {refused}") from refused
    found = mismatches_at(args.expect, {**resumed, "resumed": bool(resumed)})
    if found:
        text = f"{step.written}: {found[0]}"
        raise AssertionMissed(text, Evidence(shown(args.expect), shown(resumed)))


async def come_back(play: Play, device: Device, within: float, *, is_resumed: bool = True) -> Frame:
    """Open the line anew, trying until it works; the `resumed` frame, empty of a plain line.

    Raises: LineRefused, AssertionMissed, CannotPlay.
    """
    async with device.opening:
        await device.connect(within, is_plain=device.is_plain, is_retried=True)
        _note_line(play, device, "connected again")
        if device.is_plain:
            await device.flush(within)
            return {}
        await be_greeted(device, within)
        if is_resumed:
            known = await standing(play, device, within)
            return await resume_where_left(device, known, within)
        device.counts_from_resumed = True
        return await resume(device, {}, within)


def comes_back(play: Play, device: Device) -> None:
    """Of a device that reconnects by itself: do so beside the steps, until it works."""

    async def work() -> None:
        while not (device.is_connected and device.is_following):
            try:
                await come_back(play, device, COME_BACK_SECONDS)
            except (LineRefused, CannotPlay, AssertionMissed) as error:
                play.journal.note("line", f"not yet back: {error}", who=device.who)
                await asyncio.sleep(COME_BACK_PAUSE_SECONDS)

    play.beside(work())


async def disconnect(play: Play, step: Step, args: shapes.Disconnect, scope: Scope) -> None:
    device = play.device(step)
    await device.disconnect()
    play.journal.note("line", "disconnected", who=device.who)


async def resume_from(play: Play, step: Step, args: shapes.Resume, scope: Scope) -> None:
    device = play.device(step)
    cursors = {conversation_id(scope.resolve(name)): int(seq) for name, seq in args.cursors.items()}
    if cursors:
        # From here on each number after these comes once more, but for what this line has carried.
        known = {**device.record.cursors(), **cursors}
        device.record.begin(known, _carried(device, cursors))
    await resume(device, cursors, args.within)


def _carried(device: Device, cursors: dict[str, int]) -> dict[str, set[int]]:
    """By conversation, the numbers after `cursors` that came through the line that is open."""
    found: dict[str, set[int]] = {}
    for arrival in device.buffer.arrivals[device.opened_at :]:
        frame = arrival.frame
        conversation_id, seq = frame.get("conversation_id"), frame.get("seq")
        if isinstance(seq, int) and conversation_id in cursors and seq > cursors[conversation_id]:
            found.setdefault(conversation_id, set()).add(seq)
    return found


async def send_frame(play: Play, step: Step, args: shapes.Frame, scope: Scope) -> None:
    device = play.device(step)
    text = args.raw if args.raw is not None else json.dumps(args.send)
    await device.send(text)
    play.journal.note("sent", text, who=device.who, frame=args.send, raw=args.raw)
    if args.expect is None:
        return

    def is_wanted(frame: Frame) -> bool:
        return not mismatches_at(args.expect or {}, frame)

    found = await device.buffer.take(is_wanted, 1, args.within)
    if not found:
        left: list[Any] = [it.frame for it in device.buffer.left()]
        nearest = shown(left[-1]) if left else None
        text = f"{step.written}: no such frame within {args.within:g} s"
        raise AssertionMissed(text, Evidence(shown(args.expect), nearest))
    if args.save is not None:
        scope.set(args.save, found[0].frame)

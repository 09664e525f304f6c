"""Bringing a device's line to where events come through it: connect, be greeted, resume."""

from collections.abc import Iterable
from typing import Any

from fynix_cli.scenario.matchers import shown
from fynix_cli.scenario.model.step_shapes import CLOSED
from fynix_cli.scenario.playing.device import Device
from fynix_cli.scenario.playing.failures import AssertionMissed, Evidence
from fynix_cli.scenario.playing.frame_buffer import Arrival, Frame


async def be_greeted(device: Device, within: float) -> Frame:
    """The `hello` of a line that has just been opened, taken. Raises: AssertionMissed."""

    def first() -> Arrival | None:
        return next(iter(device.buffer.arrivals[device.opened_at :]), None)

    await device.buffer.until(lambda: first() is not None, within)
    greeting = first()
    if greeting is not None and greeting.frame.get("type") == "hello":
        greeting.is_taken = True
        return greeting.frame
    why = f"within {within:g} s"
    if greeting is not None and greeting.frame.get("type") == CLOSED:
        why = f"but closed with {greeting.frame['code']}"
    raise AssertionMissed(
        f"{device.owner}.{device.name} was not greeted {why}",
        Evidence("a frame of type hello", _last(device)),
    )


async def resume(device: Device, cursors: dict[str, int], within: float) -> Frame:
    """Have sent what came after `cursors` (empty: nothing, from now on); the `resumed` frame,
    taken. Raises: AssertionMissed, CannotPlay."""
    if not device.record.is_counting:
        device.counts_from_resumed = True
    ref = f"resume-{len(device.buffer.arrivals)}"
    device.is_replaying = bool(cursors)
    if device.on_resume is not None:
        device.on_resume(cursors)
    await device.send_frame({"type": "resume", "ref": ref, "cursors": cursors})

    def answers(frame: Frame) -> bool:
        return frame.get("ref") == ref and frame.get("type") == "resumed"

    found = await device.buffer.take(answers, 1, within)
    if not found:
        raise AssertionMissed(
            f"{device.owner}.{device.name}: no `resumed` within {within:g} s",
            Evidence("a frame of type resumed", _last(device)),
        )
    return found[0].frame


async def resume_where_left(device: Device, known: Iterable[str], within: float) -> Frame:
    """Have sent all that came since the line was lost; the `resumed` frame. `known`: the
    conversations there are now, of which those that began meanwhile are news from their start.

    Raises: AssertionMissed, CannotPlay.
    """
    cursors = dict.fromkeys(known, 0) | device.record.cursors()
    while True:
        resumed = await resume(device, cursors, within)
        # One may have begun between asking for them and resuming.
        begun = set(resumed["cursors"]) - set(cursors)
        if not begun:
            return resumed
        cursors |= dict.fromkeys(begun, 0)


def _last(device: Device) -> str | None:
    frames: list[Any] = [it.frame for it in device.buffer.arrivals[-1:]]
    return shown(frames[0]) if frames else None

"""Steps that break something, and mend it."""

from collections.abc import Awaitable, Callable
from typing import Any

from fynix_cli.exit_codes import ExitCode
from fynix_cli.line_proxy import Proxy
from fynix_cli.scenario.model.problems import did_you_mean
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.watching_steps import (
    FAULTS,
    RESTART_NODE,
    SERVER_FAULTS,
    Fault,
    Heal,
)
from fynix_cli.scenario.playing.device import Device
from fynix_cli.scenario.playing.failures import CannotPlay
from fynix_cli.scenario.playing.lasting_faults import Undo
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.scope import Scope


async def break_(play: Play, step: Step, args: Fault, scope: Scope) -> None:
    """Raises: CannotPlay (there is no such fault, or it cannot be done here)."""
    if args.type not in FAULTS:
        hint = did_you_mean(args.type, FAULTS)
        raise CannotPlay(f"there is no fault {args.type!r}", hint=hint, exit_code=ExitCode.USAGE)
    how_long = "" if args.for_ is None else f" for {args.for_:g} s"
    who = None if step.name.actor is None else play.device(step).who
    told = args.model_dump(by_alias=True, exclude_unset=True)
    play.journal.note("fault", f"{args.type}{how_long}", who=who, fault=told)
    if args.type in SERVER_FAULTS:
        undo = await _SERVER[args.type](play, args)
        seconds = args.for_
        if args.type == RESTART_NODE and seconds is None:
            await undo()  # at once
            return
        await play.faults.begin("", args.type, undo, seconds)
        return
    if step.name.actor is None:
        text = f"{args.type} is a fault of somebody's line"
        raise CannotPlay(text, hint="write whose: bob.fault", exit_code=ExitCode.USAGE)
    device = play.device(step)
    undo = _LINE[args.type](device, args)
    await play.faults.begin(_owner(device), args.type, undo, args.for_)


async def heal(play: Play, step: Step, args: Heal, scope: Scope) -> None:
    who = None if step.name.actor is None else play.device(step).who
    play.journal.note("fault", "healed", who=who, is_healed=True)
    owner = "" if step.name.actor is None else _owner(play.device(step))
    await play.faults.heal(owner)


def _owner(device: Device) -> str:
    return f"{device.owner}.{device.name}"


async def _redis_down(play: Play, args: Fault) -> Undo:
    await play.world.set_redis(is_up=False)

    async def undo() -> None:
        await play.world.set_redis(is_up=True)

    return undo


async def _restart_node(play: Play, args: Fault) -> Undo:
    if not 0 <= args.node < len(play.world.urls):
        count = len(play.world.urls)
        raise CannotPlay(f"there is no instance {args.node}: there are {count}, from 0")
    await play.world.kill_node(args.node)

    async def undo() -> None:
        await play.world.start_node(args.node)

    return undo


_SERVER: dict[str, Callable[[Play, Fault], Awaitable[Undo]]] = {
    "redis_down": _redis_down,
    "restart_node": _restart_node,
}


def _proxy(device: Device) -> Proxy:
    # Made with the device, since a line that is open already could not be led through it.
    if device.proxy is None:
        raise CannotPlay(f"the line of {_owner(device)} does not go through a proxy")
    return device.proxy


def _drop(device: Device, args: Fault) -> Undo:
    proxy = _proxy(device)
    proxy.refuse()
    return _going_on(proxy)


def _half_open(device: Device, args: Fault) -> Undo:
    proxy = _proxy(device)
    proxy.stall()
    return _going_on(proxy)


def _going_on(proxy: Proxy) -> Undo:
    async def undo() -> None:
        proxy.go_on()

    return undo


def _slow_reader(device: Device, args: Fault) -> Undo:
    proxy = _proxy(device)
    proxy.slow_down(args.bytes_per_second)

    async def undo() -> None:
        proxy.slow_down(None)

    return undo


def _latency(device: Device, args: Fault) -> Undo:
    proxy = _proxy(device)
    proxy.delay_seconds = args.delay

    async def undo() -> None:
        proxy.delay_seconds = 0.0

    return undo


def _lose_response(device: Device, args: Fault) -> Undo:
    device.lost_share = args.likely

    async def undo() -> None:
        device.lost_share = 0.0

    return undo


_LINE: dict[str, Callable[[Device, Fault], Undo]] = {
    "drop": _drop,
    "half_open": _half_open,
    "slow_reader": _slow_reader,
    "latency": _latency,
    "lose_response": _lose_response,
}


def needs_proxy(step: Any) -> bool:
    """Whether a step may break a line."""
    return step.name.verb == "fault" and step.args.type not in SERVER_FAULTS

"""The work behind `fynix scenario replay`, in its order."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from fynix_cli.client.server_url import checked_server
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import emit, talk, visible
from fynix_cli.scenario.durations import parse_duration
from fynix_cli.scenario.model.document import Document
from fynix_cli.scenario.model.script import Script
from fynix_cli.scenario.model.wording import plain_problem
from fynix_cli.scenario.playing.failures import AssertionMissed
from fynix_cli.scenario.playing.journal import Journal
from fynix_cli.scenario.playing.player import Playing, opened_play
from fynix_cli.scenario.replaying.fault_steps import fault_steps
from fynix_cli.scenario.replaying.replayer import MOST_DIFFERENCES, Manner, Replayer
from fynix_cli.scenario.replaying.trace_reading import InvalidTrace, Trace, read_trace
from fynix_cli.scenario.servers.makers import RemoteMaker, WorldMaker, private_makers
from fynix_cli.scenario.servers.world import ServerSpec, World
from fynix_cli.termination import end_like_ctrl_c

FASTEST = "max"


@dataclass(frozen=True)
class ReplayRequest:
    """What was typed after `fynix scenario replay`."""

    trace: Path
    server: str | None
    speed: str
    within: str
    is_strict: bool


def replay_trace(request: ReplayRequest) -> None:
    """Raises: CommandError, Exit (8: something is different)."""
    within = parse_duration(request.within, "--within")
    manner = Manner(_speed(request.speed), within, request.is_strict)
    trace = read_trace(request.trace)
    script = _script(trace, is_remote=request.server is not None)
    end_like_ctrl_c()
    with _maker(request, trace) as maker:
        replayer = asyncio.run(_replayed(trace, script, maker, manner))
    for it in replayer.differences[:MOST_DIFFERENCES]:
        emit(f"{visible(str(trace.file))}:{it.line}: {visible(it.text)}")
    done = f"{replayer.requests} requests and {replayer.frames} frames again"
    if replayer.differences:
        count = len(replayer.differences)
        more = " or more" if count >= MOST_DIFFERENCES else ""
        talk(f"{done}: {count}{more} difference{'s' if count > 1 else ''}")
        raise typer.Exit(ExitCode.ASSERTIONS_FAILED)
    talk(f"{done}: the same as then")


def _speed(text: str) -> float | None:
    """None: without a pause. Raises: CommandError."""
    if text == FASTEST:
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise CommandError(
            f"--speed {text!r} is no speed",
            hint="1 as quick as it was, 2 twice as quick, max without a pause",
            exit_code=ExitCode.USAGE,
        )
    return speed


def _script(trace: Trace, *, is_remote: bool) -> Script:
    """A scenario with the trace's people and faults. Raises: InvalidTrace."""
    actors: dict[str, dict[str, Any]] = {}
    for entry in trace.of_kind("joined"):
        actor: dict[str, Any] = {"connect": False, "devices": list(entry.data["sessions"])}
        if not is_remote:
            actor["instance"] = entry.data["instance"]
        actors[str(entry.actor)] = actor
    try:
        document = Document.model_validate(
            {
                "fynix": 1,
                "name": str(trace.head.get("scenario", trace.file.name)),
                "server": trace.head.get("server", {}),
                "actors": actors,
                "steps": [{"log": "again"}],
            }
        )
    except ValidationError as error:
        raise InvalidTrace(trace.file, 1, plain_problem(error)) from None
    return Script(trace.file, document, fault_steps(trace))


@contextmanager
def _maker(request: ReplayRequest, trace: Trace) -> Iterator[WorldMaker]:
    if request.server is not None:
        yield RemoteMaker(checked_server(request.server))
        return
    is_full = trace.head.get("stack") == "full"
    with private_makers(jobs=1, is_full=is_full) as makers:
        yield makers["full" if is_full else "embedded"]


async def _replayed(trace: Trace, script: Script, maker: WorldMaker, manner: Manner) -> Replayer:
    server = script.document.server
    async with maker.world(ServerSpec(server.instances, dict(server.settings))) as world:
        try:
            async with opened_play(script, world, Journal(), Playing(0), maker.name) as play:
                replayer = Replayer(play, trace, manner)
                await replayer.run()
        except (CommandError, AssertionMissed) as error:
            raise CommandError(f"it cannot be played to its end: {error}") from error
        await _check_alive(world)
        return replayer


async def _check_alive(world: World) -> None:
    if not await world.is_alive():
        raise CommandError("the server has ended under way")

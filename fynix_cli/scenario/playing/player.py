"""Playing one scenario once, from an empty world to what came of it."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.model.script import Script, Step
from fynix_cli.scenario.playing.calls import open_http
from fynix_cli.scenario.playing.cast import assemble
from fynix_cli.scenario.playing.failures import AssertionMissed, CannotPlay, Evidence, StepStopped
from fynix_cli.scenario.playing.invariants import broken_invariants
from fynix_cli.scenario.playing.journal import Entry, Journal, Listener
from fynix_cli.scenario.playing.latency import missed_thresholds
from fynix_cli.scenario.playing.names_of_ids import names_of_ids
from fynix_cli.scenario.playing.outcome import TAIL_FRAMES, Outcome, Status
from fynix_cli.scenario.playing.performing import perform
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.scope import Scope, Unresolved
from fynix_cli.scenario.servers.makers import WorldMaker
from fynix_cli.scenario.servers.world import ServerSpec, World

CLOSE_SECONDS = 20.0


@dataclass(frozen=True)
class Playing:
    """How to play: `seed` makes a rerun the same; `turn`: of several times, which, from 1."""

    seed: int
    turn: int = 1
    instances: int | None = None
    listeners: Sequence[Listener] = ()
    before_step: Callable[[Step], Awaitable[None]] | None = None
    before_end: Callable[[World], Awaitable[None]] | None = None


async def play_script(script: Script, maker: WorldMaker, how: Playing) -> Outcome:
    """What came of it. Whatever goes wrong in it is in the outcome, not raised."""
    count = _Counter()
    journal = Journal(count, *how.listeners)
    seed = how.seed + how.turn - 1
    blank = Outcome.of(script, maker.name, Status.passed, turn=how.turn, seed=seed)
    outcome = blank
    try:
        async with asyncio.timeout(_limit(script, how)):
            async with maker.world(_spec(script, how)) as world:
                try:
                    async with opened_play(script, world, journal, how, maker.name) as play:
                        outcome = await _played(play, blank)
                finally:
                    if how.before_end is not None:
                        await how.before_end(world)
    except TimeoutError:
        outcome = _after_time(blank, script, count)
    except AssertionMissed as error:
        outcome = replace(blank, **_told(error))
    except CommandError as error:
        outcome = replace(blank, **_error(error))
    except (Unresolved, ValidationError) as error:
        outcome = replace(blank, **_error(CannotPlay(str(error))))
    except Exception as error:
        # One playing of many: the others go on. A server that is none of ours may answer anything.
        if os.environ.get("FYNIX_DEBUG") == "1":
            raise
        text = f"unexpected {type(error).__name__}: {error}; FYNIX_DEBUG=1 shows where"
        outcome = replace(blank, **_error(CannotPlay(text, hint="is it a Fynix server?")))
    return replace(outcome, seconds=journal.seconds, steps=count.steps)


def _limit(script: Script, how: Playing) -> float | None:
    """None where somebody sits and looks: they take their time, and can end it."""
    is_watched = how.before_step is not None or how.before_end is not None
    return None if is_watched else float(script.document.timeout)


class _Counter:
    """Counts the steps, and remembers the last."""

    def __init__(self) -> None:
        self.steps = 0
        self.last: Entry | None = None

    def __call__(self, entry: Entry) -> None:
        if entry.kind == "step":
            self.steps += 1
            self.last = entry


def _spec(script: Script, how: Playing) -> ServerSpec:
    server = script.document.server
    return ServerSpec(how.instances or server.instances, dict(server.settings))


@asynccontextmanager
async def opened_play(
    script: Script, world: World, journal: Journal, how: Playing, stack_name: str = "embedded"
) -> AsyncIterator[Play]:
    """Everybody there and listening, before the first step; and the end of all that was opened.

    Raises: CannotPlay, AssertionMissed, Unresolved, ValidationError.
    """
    document = script.document
    # Of several turns each is another; the seed of a turn alone makes just that one again.
    seed = how.seed + how.turn - 1
    chance = random.Random(f"{seed}:{script.file.name}:{script.title}")
    run = {
        "id": f"{chance.getrandbits(32):08x}",
        "seed": seed,
        "number": how.turn,
        "stack": stack_name,
        "server": world.urls[0],
    }
    async with AsyncExitStack() as stack:
        https = [await stack.enter_async_context(open_http(url)) for url in world.urls]
        scope = Scope({"run": run, **document.vars})
        play = Play(script, world, run, journal, scope, chance, https, perform)
        play.before_step = how.before_step
        stack.push_async_callback(_close, play)
        # Variables may name those before them; what the matrix chooses, all of them.
        for name, value in {**document.vars, **script.choices}.items():
            scope.set(name, scope.resolve(value))
        await assemble(play)
        yield play


async def _close(play: Play) -> None:
    await play.faults.close()
    await play.end_what_is_beside()
    devices = [it for person in play.people.values() for it in person.devices.values()]
    await asyncio.gather(*(it.disconnect() for it in devices))
    for device in devices:
        if device.proxy is not None:
            await device.proxy.close()
    if play.echo is not None:
        await play.echo.close()


async def _played(play: Play, blank: Outcome) -> Outcome:
    try:
        await perform(play, play.script.steps, play.scope)
        await play.faults.close()
        outcome = await _judged(play, blank)
    except StepStopped as stopped:
        step, told = stopped.step, _told(stopped.cause)
        outcome = replace(
            blank, place=step.place, step=step.number, turns=tuple(stopped.turns), **told
        )
    except (AssertionMissed, CommandError) as error:
        outcome = replace(blank, **_told(error))
    if not outcome.is_good and not await play.world.is_alive():
        # Then nothing that is missing says anything about the assertions.
        text = f"the server has ended under way; then: {outcome.text}"
        outcome = replace(outcome, text=text, status=Status.error, exit_code=ExitCode.FAILED)
    return replace(outcome, **_context(play, outcome))


async def _judged(play: Play, blank: Outcome) -> Outcome:
    """What came of it once all steps are done."""
    broken = await broken_invariants(play)
    late = missed_thresholds(play.script.document.report, play.ledger.latencies)
    if broken:
        name, wrong = next(iter(broken.items()))
        text = f"{name}: {wrong[0]}"
        return replace(blank, **_failure(text, Evidence(name, None, tuple(wrong))), broken=broken)
    if late:
        return replace(blank, **_failure(late[0], Evidence("the latency of `report`", None, late)))
    return blank


def _told(error: AssertionMissed | CommandError) -> dict[str, Any]:
    if isinstance(error, AssertionMissed):
        return _failure(error.text, error.evidence)
    return _error(error)


def _failure(text: str, evidence: Evidence | None) -> dict[str, Any]:
    return {
        "status": Status.failed,
        "text": text,
        "evidence": evidence,
        "exit_code": ExitCode.ASSERTIONS_FAILED,
    }


def _error(error: CommandError) -> dict[str, Any]:
    is_usage = error.exit_code == ExitCode.USAGE
    code = ExitCode.USAGE if is_usage else ExitCode.FAILED
    return {"status": Status.error, "text": str(error), "exit_code": code}


def _after_time(blank: Outcome, script: Script, count: _Counter) -> Outcome:
    text = f"it took longer than {script.document.timeout:g} s"
    if count.last is not None:
        data = count.last.data
        text += f", in step {data['number']} (line {data['line']}): {count.last.text}"
    return replace(blank, **_error(CannotPlay(text, hint="see `timeout`")))


def _context(play: Play, outcome: Outcome) -> dict[str, Any]:
    """What helps to see why, only where it is needed."""
    known: dict[str, Any] = {"latencies": play.ledger.latencies}
    if outcome.is_good:
        return known
    tails = {
        f"{device.owner}.{device.name}": [it.frame for it in device.buffer.arrivals[-TAIL_FRAMES:]]
        for person in play.people.values()
        for device in person.devices.values()
    }
    names = names_of_ids(play.scope.values)
    settings = play.script.document.server.settings
    if settings and not play.world.is_private:
        text = f"{outcome.text}; this server has its own {', '.join(settings)}, not the file's"
        known |= {"text": text}
    return {**known, "tails": tails, "names": names, "server_log": play.world.last_log_lines()}

"""Steps of order and time, and of the server as a whole."""

import asyncio
import json
import shlex
import sys
from collections.abc import Iterable
from typing import Any

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.matchers import Mismatch, mismatches, mismatches_at, shown
from fynix_cli.scenario.model import flow_steps as shapes
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.playing.failures import AssertionMissed, CannotPlay, Evidence, StepStopped
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.scope import Scope

MAX_REPEATS = 1_000_000
_MAIN = "from fynix_cli.main import main; main()"


async def repeat(play: Play, step: Step, args: shapes.Repeat, scope: Scope) -> None:
    for number, value in enumerate(_turns(args), 1):
        inner = scope if args.as_ is None else scope.child({args.as_: value})
        try:
            await play.perform(play, step.blocks["do"], inner)
        except StepStopped as stopped:
            turn = f"turn {number}" if args.as_ is None else f"{args.as_} = {shown(value, 40)}"
            stopped.turns.insert(0, turn)
            raise
        # Steps may be such as wait for nothing: time limits and Ctrl-C want their turn too.
        await asyncio.sleep(0)


def _turns(args: shapes.Repeat) -> Iterable[Any]:
    if args.each is not None:
        if not isinstance(args.each, list):
            raise CannotPlay(f"`each` is {shown(args.each)}, no list", exit_code=ExitCode.USAGE)
        return args.each
    if not 0 <= args.times <= MAX_REPEATS:
        raise CannotPlay(f"cannot repeat {args.times} times", exit_code=ExitCode.USAGE)
    return range(1, int(args.times) + 1)


async def parallel(play: Play, step: Step, args: shapes.Parallel, scope: Scope) -> None:
    """Raises: StepStopped: the first branch that stopped, after the others were ended."""

    async def run(branch: Step) -> None:
        await play.perform(play, (branch,), scope)

    try:
        async with asyncio.TaskGroup() as group:
            for branch in step.blocks["steps"]:
                group.create_task(run(branch))
    except* StepStopped as stopped:
        first: Any = stopped.exceptions[0]
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


async def do(play: Play, step: Step, args: shapes.Do, scope: Scope) -> None:
    await play.perform(play, step.blocks["steps"], scope)


async def if_(play: Play, step: Step, args: shapes.If, scope: Scope) -> None:
    holds = not mismatches(args.is_, args.value)
    await play.perform(play, step.blocks.get("then" if holds else "else", ()), scope)


async def include(play: Play, step: Step, args: shapes.Include, scope: Scope) -> None:
    await play.perform(play, step.blocks["file"], scope.child(args.vars))


async def log(play: Play, step: Step, args: shapes.Log, scope: Scope) -> None:
    play.journal.note("log", str(args.text))


async def wait(play: Play, step: Step, args: shapes.Wait, scope: Scope) -> None:
    await asyncio.sleep(args.for_)


async def advance_clock(play: Play, step: Step, args: shapes.ClockAdvance, scope: Scope) -> None:
    await play.world.advance(args.by)
    play.journal.note("fault", f"the clock goes on by {args.by:g} s", by=args.by)


async def let(play: Play, step: Step, args: shapes.Let, scope: Scope) -> None:
    for name, value in args.values.items():
        scope.set(name, value)


async def admin(play: Play, step: Step, args: shapes.Admin, scope: Scope) -> None:
    """Raises: AssertionMissed, CannotPlay (it does not end)."""
    code, out, err = await _run_fynix(play, shlex.split(args.command), args.within)
    expected = args.expect or shapes.CommandExpectation()
    found = mismatches(expected.exit, code, "exit")
    if expected.out is not None:
        found += mismatches(expected.out, out, "out")
    printed = _as_json(out)
    found += mismatches_at(expected.json_, printed, "json")
    if found:
        raise _not_as_wanted(step, args, found, f"exit {code}, out {shown(out)}, err {shown(err)}")
    if args.save is not None:
        scope.set(args.save, printed if printed is not None else out)


def _not_as_wanted(
    step: Step, args: shapes.Admin, found: list[Mismatch], got: str
) -> AssertionMissed:
    wanted = "exit 0"
    if args.expect is not None:
        wanted = shown(args.expect.model_dump(by_alias=True, exclude_unset=True))
    differences = tuple(str(it) for it in found)
    text = f"{step.written} {args.command!r}: {differences[0]}"
    return AssertionMissed(text, Evidence(wanted, got, differences))


async def _run_fynix(play: Play, words: list[str], within: float) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _MAIN),
        *words,
        env=play.world.environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(within):
            out, err = await process.communicate()
    except TimeoutError:
        raise CannotPlay(f"`fynix {' '.join(words)}` did not end within {within:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return await process.wait(), out.decode(errors="replace"), err.decode(errors="replace")


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None

"""The work behind `fynix scenario load`, in its order."""

import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from fynix_cli.bench.process import allow_many_files
from fynix_cli.client.server_url import checked_server
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import talk
from fynix_cli.scenario.durations import parse_duration
from fynix_cli.scenario.load.figures import LoadResult, judged
from fynix_cli.scenario.load.progress import shown_progress
from fynix_cli.scenario.load.reports import (
    parse_load_reports,
    print_result,
    write_load_reports,
)
from fynix_cli.scenario.load.shared_world import SharedMaker, only_alone
from fynix_cli.scenario.load.tally import Tally
from fynix_cli.scenario.load.users import Crowd, LoadPlan
from fynix_cli.scenario.model.reading import read_script, variants
from fynix_cli.scenario.model.script import Script, Step
from fynix_cli.scenario.model.watching_steps import SERVER_FAULTS, Fault
from fynix_cli.scenario.running import parse_variables
from fynix_cli.scenario.servers.makers import RemoteMaker, WorldMaker, private_makers
from fynix_cli.scenario.servers.world import ServerSpec
from fynix_cli.termination import end_like_ctrl_c


@dataclass(frozen=True)
class LoadRequest:
    """What was typed after `fynix scenario load`."""

    file: Path
    users: int
    ramp: str
    seconds: str
    server: str | None
    stack: str
    reports: Sequence[str]
    seed: int | None
    max_failures: float
    variables: Sequence[str]


def run_load(request: LoadRequest) -> None:
    """Raises: CommandError, Exit (8: something was missed; 130: it was interrupted)."""
    plan = _plan(request)
    reports = parse_load_reports(request.reports)
    script = read_script(request.file, parse_variables(request.variables))
    check_loadable(script)
    end_like_ctrl_c()
    allow_many_files()
    with _maker(request, script) as maker:
        result, is_server_gone = _loop_runner()(_loaded(script, maker, plan))
    print_result(result)
    write_load_reports(reports, result)
    _end(result, is_server_gone=is_server_gone)


def check_loadable(script: Script) -> None:
    """Refuse what many cannot do at once. Raises: CommandError."""
    for step in _all_steps(script.steps):
        what = _of_the_server(step)
        if what is not None:
            refusal = only_alone(what)
            raise CommandError(
                f"{step.place}: {refusal.message}", hint=refusal.hint, exit_code=ExitCode.USAGE
            )
    for name, actor in script.document.actors.items():
        if actor.username is not None or actor.login is not None:
            raise CommandError(
                f"{name} is an account that there is once, and every virtual user needs an own",
                hint=f"leave out the username or the login of {name}",
                exit_code=ExitCode.USAGE,
            )


def _of_the_server(step: Step) -> str | None:
    if step.name.verb == "clock.advance":
        return "clock.advance"
    if isinstance(step.args, Fault) and step.args.type in SERVER_FAULTS:
        return f"fault {step.args.type}"
    return None


def _all_steps(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        for block in step.blocks.values():
            yield from _all_steps(block)


def _plan(request: LoadRequest) -> LoadPlan:
    ramp = parse_duration(request.ramp, "--ramp")
    seconds = parse_duration(request.seconds, "--for")
    if ramp > seconds:
        raise CommandError(
            f"--ramp {request.ramp} is longer than --for {request.seconds}",
            hint="some of the users would never begin",
            exit_code=ExitCode.USAGE,
        )
    if request.server is not None and request.stack != "embedded":
        raise CommandError(
            "--stack is of private servers, and --server is none",
            hint="leave out one or the other",
            exit_code=ExitCode.USAGE,
        )
    seed = request.seed if request.seed is not None else random.SystemRandom().getrandbits(31)
    return LoadPlan(request.users, ramp, seconds, seed, request.max_failures)


@contextmanager
def _maker(request: LoadRequest, script: Script) -> Iterator[WorldMaker]:
    if request.server is not None:
        yield RemoteMaker(checked_server(request.server))
        return
    # Several instances need what they can share.
    is_full = request.stack == "full" or script.document.server.instances > 1
    with private_makers(jobs=1, is_full=is_full) as makers:
        yield makers["full" if is_full else "embedded"]


def _loop_runner() -> Callable[..., tuple[LoadResult, bool]]:
    """What runs a coroutine on the quickest loop there is."""
    if sys.platform == "win32":
        return asyncio.run
    import uvloop

    return uvloop.run


async def _loaded(script: Script, maker: WorldMaker, plan: LoadPlan) -> tuple[LoadResult, bool]:
    """The figures, and whether the server ended under way. Ctrl-C ends it early."""
    server = script.document.server
    tally, is_interrupted = Tally(), False
    async with maker.world(ServerSpec(server.instances, dict(server.settings))) as world:
        crowd = Crowd(variants(script), SharedMaker(world, maker.name), plan, tally)
        talk(f"{plan.users} users for {plan.seconds:g} s at {world.urls[0]}, seed {plan.seed}")
        tally.begin()
        own = time.process_time()
        try:
            with shown_progress(tally, plan.seconds):
                await crowd.run()
        except asyncio.CancelledError:
            is_interrupted = True
        tally.end()
        own_share = (time.process_time() - own) / tally.seconds if tally.seconds else 0.0
    missed = judged(tally, script.document.report.latency, plan.max_failures)
    result = LoadResult(
        title=str(script.document.name),
        stack=maker.name,
        users=plan.users,
        seed=plan.seed,
        tally=tally,
        missed=missed,
        own_cpu_share=own_share,
        is_interrupted=is_interrupted,
    )
    return result, crowd.is_server_gone


def _end(result: LoadResult, *, is_server_gone: bool) -> None:
    if is_server_gone:
        raise CommandError("the server has ended under way")
    if result.is_interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if not result.tally.iterations:
        raise CommandError(
            "no iteration came to its end", hint="give it more time with --for, or fewer --users"
        )
    if result.missed:
        raise typer.Exit(ExitCode.ASSERTIONS_FAILED)

"""The work behind `fynix scenario run`, in its order."""

import asyncio
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import typer

from fynix_cli.client.server_url import checked_server
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import OutputFormat, talk
from fynix_cli.scenario.model.script import Script, Step
from fynix_cli.scenario.playing.outcome import Outcome
from fynix_cli.scenario.reports.console import ConsoleReport
from fynix_cli.scenario.reports.files import parse_reports, write_reports
from fynix_cli.scenario.runner import RunPlan, Selection, run, select
from fynix_cli.scenario.servers.makers import RemoteMaker, WorldMaker, private_makers
from fynix_cli.scenario.servers.world import World
from fynix_cli.termination import end_like_ctrl_c

_SECRET_NAMES = re.compile("passw|secret|token|key", re.IGNORECASE)


@dataclass(frozen=True)
class RunRequest:
    """What was typed after `fynix scenario run`."""

    paths: Sequence[Path]
    server: str | None
    stack: str
    instances: int | None
    jobs: int
    repeat: int
    is_until_fail: bool
    tags: frozenset[str]
    case: str | None
    variables: Sequence[str]
    seed: int | None
    reports: Sequence[str]
    is_stepping: bool
    is_kept: bool
    trace: Path | None
    output: OutputFormat


def run_scenarios(request: RunRequest) -> None:
    """Raises: CommandError, Exit (with what the outcomes ask for)."""
    _check(request)
    reports = parse_reports(request.reports)
    selection = Selection(
        request.paths, request.tags, request.case, parse_variables(request.variables)
    )
    is_talkative = (
        request.jobs == 1 and request.output is OutputFormat.table and sys.stderr.isatty()
    )
    console = ConsoleReport(request.output, is_talkative=is_talkative)
    scripts, invalid = select(selection)
    for outcome in invalid:
        console.add(outcome)
    try:
        # Of files that cannot be read nothing is known, so nothing is played in their stead.
        if not invalid:
            _play(request, scripts, console)
    finally:
        console.add_interrupted()
        write_reports(reports, console.outcomes)
    console.finish()
    code = exit_code(console.outcomes)
    if code != ExitCode.OK:
        raise typer.Exit(code)


def exit_code(outcomes: Sequence[Outcome]) -> ExitCode:
    """What a script is to know: 8 where an assertion failed, else what kept one from its end."""
    codes = {it.exit_code for it in outcomes}
    for code in (ExitCode.ASSERTIONS_FAILED, ExitCode.USAGE, ExitCode.FAILED):
        if code in codes:
            return code
    return ExitCode.OK


def parse_variables(texts: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` as a mapping. Raises: CommandError."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise CommandError(
                f"{text!r} gives no variable a value",
                hint="write it like --var greeting=hello",
                exit_code=ExitCode.USAGE,
            )
        found[name] = value
    return found


def _check(request: RunRequest) -> None:
    if request.server is not None and (request.instances or request.stack != "embedded"):
        raise CommandError(
            "--stack and --instances are of private servers, and --server is none",
            hint="leave out one or the other",
            exit_code=ExitCode.USAGE,
        )
    is_asking = request.is_stepping or request.is_kept
    if is_asking and (request.jobs > 1 or not sys.stdin.isatty()):
        raise CommandError(
            "--step and --keep wait for Enter, so they want a terminal and --jobs 1",
            exit_code=ExitCode.USAGE,
        )


def _play(request: RunRequest, scripts: Sequence[Script], console: ConsoleReport) -> None:
    if not scripts:
        raise CommandError("no scenario is left to play", hint="see --only and --case")
    plan = RunPlan(
        jobs=request.jobs,
        repeat=request.repeat,
        is_until_fail=request.is_until_fail,
        seed=request.seed,
        instances=request.instances,
        trace=request.trace,
        command=_words(request),
        before_step=_wait_before if request.is_stepping else None,
        before_end=_wait_before_end if request.is_kept else None,
    )
    end_like_ctrl_c()
    with _paired(request, scripts) as playings:
        try:
            asyncio.run(run(playings, plan, console))
        except BaseExceptionGroup as group:
            # The reader of a pipe that has gone, say: one is like the other.
            raise _first(group) from None


@contextmanager
def _paired(
    request: RunRequest, scripts: Sequence[Script]
) -> Iterator[Sequence[tuple[Script, WorldMaker]]]:
    """What is to be played, and where."""
    if request.server is not None:
        maker = RemoteMaker(checked_server(request.server))
        yield [(script, maker) for script in scripts]
        return
    wanted = [(script, name) for script in scripts for name in _stacks(request, script)]
    is_full = any(name == "full" for _, name in wanted)
    with private_makers(jobs=request.jobs, is_full=is_full) as makers:
        yield [(script, makers[name]) for script, name in wanted]


def _stacks(request: RunRequest, script: Script) -> Sequence[str]:
    # Several instances need what they can share.
    instances = request.instances or script.document.server.instances
    return ["full"] if instances > 1 else _STACKS[request.stack]


_STACKS = {"embedded": ["embedded"], "full": ["full"], "both": ["embedded", "full"]}


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _words(request: RunRequest) -> list[str]:
    """What a rerun must say again."""
    words = [f"--var={_without_secret(it)}" for it in request.variables]
    if request.server is not None:
        words.append(f"--server={_without_login(request.server)}")
    if request.instances is not None:
        words.append(f"--instances={request.instances}")
    return words


def _without_secret(variable: str) -> str:
    """Reports are kept and passed on."""
    name = variable.partition("=")[0]
    return f"{name}=…" if _SECRET_NAMES.search(name) else variable


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


async def _wait_before(step: Step) -> None:
    talk(f"{step.place.line}: {step.written}  (Enter goes on)")
    await asyncio.to_thread(sys.stdin.readline)


async def _wait_before_end(world: World) -> None:
    talk(f"the server is kept at {' '.join(world.urls)}  (Enter ends it)")
    await asyncio.to_thread(sys.stdin.readline)

"""`fynix scenario record`, `replay` and `load`: from real sessions to scenarios, and to many."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fynix_cli.options import ServerOption

# `fynix_cli.commands.scenario` makes commands of these.


class Speed(StrEnum):
    once = "1"
    twice = "2"
    max = "max"


class OneStack(StrEnum):
    embedded = "embedded"
    full = "full"


def record(
    file: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="NAME.fynix.yaml.")],
    profiles: Annotated[
        list[str] | None,
        typer.Option(
            "--as", metavar="NAME", help="Whose events; may be repeated. Default: the latest login."
        ),
    ] = None,
    server: ServerOption = None,
    seconds: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="TIME", help="End by itself after 30s, 5m … Default: Ctrl-C."
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", min=1, help="End by itself after so many events.")
    ] = None,
    is_redacted: Annotated[
        bool, typer.Option("--redact", help="Write texts as long as theirs in place of them.")
    ] = False,
    is_overwritten: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that is there.")
    ] = False,
) -> None:
    """Record what people say to each other as a scenario, until Ctrl-C.

    Whatever they talk through, `fynix`, a browser or curl: what is watched is their live events.
    What they say is written down as it is; tokens, passwords and ids are not.

    \b
    Examples:
      fynix scenario record -o lunch.fynix.yaml --as alice --as bob
      fynix scenario record -o lunch.fynix.yaml --redact --for 10m

    Exits 4 if one of them is not logged in, 5 if FILE is there already, 7 if there is no server.
    """
    from fynix_cli.scenario.recording.record import RecordRequest
    from fynix_cli.scenario.recording.record import record as record_session

    record_session(
        RecordRequest(
            file=file,
            profiles=tuple(profiles or ()),
            server=server,
            seconds=seconds,
            count=count,
            is_redacted=is_redacted,
            is_overwritten=is_overwritten,
        )
    )


def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="NAME.fynix.yaml.")],
    users: Annotated[
        int, typer.Option("--users", "-u", min=1, max=10_000, help="So many at once.")
    ] = 10,
    ramp: Annotated[
        str, typer.Option("--ramp", metavar="TIME", help="Until all of them have begun.")
    ] = "0s",
    seconds: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long, with the ramp.")
    ] = "30s",
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            envvar="FYNIX_SCENARIO_SERVER",
            show_default=False,
            help="A server that runs already. Default: a fresh private one for all.",
        ),
    ] = None,
    stack: Annotated[
        OneStack, typer.Option("--stack", help="Of the private server; full: Postgres, Valkey.")
    ] = OneStack.embedded,
    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="KIND=FILE", help="json=F or html=F."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Makes chance the same.")] = None,
    max_failures: Annotated[
        float,
        typer.Option("--max-failures", min=0, max=1, help="The share of iterations that may fail."),
    ] = 0.0,
    var: Annotated[
        list[str] | None,
        typer.Option("--var", metavar="NAME=VALUE", help="A variable; may be repeated."),
    ] = None,
) -> None:
    """Play one scenario many times at once. Says how quick the server was.

    Each virtual user plays it again and again with people of its own, all at one server, until
    the time is up; what has begun by then is played to its end. Ctrl-C ends it with the figures
    so far.

    \b
    Examples:
      fynix scenario load hello.fynix.yaml --users 50 --ramp 10s --for 1m
      fynix scenario load hello.fynix.yaml --users 200 --stack full --report json=load.json

    Exits 8 if more iterations failed than may, or if the file's `report` wants less latency than
    there was; 2 if the scenario is none for many at once; 1 if the server ended.
    """
    if server is None:
        from fynix_cli.scenario.servers import forks

        forks.prepare()
    from fynix_cli.scenario.load.running import LoadRequest, run_load

    run_load(
        LoadRequest(
            file=file,
            users=users,
            ramp=ramp,
            seconds=seconds,
            server=server,
            stack=str(stack),
            reports=tuple(report or ()),
            seed=seed,
            max_failures=max_failures,
            variables=tuple(var or ()),
        )
    )


def replay(
    trace: Annotated[Path, typer.Argument(metavar="TRACE", help="A file of `run --trace DIR`.")],
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            envvar="FYNIX_SCENARIO_SERVER",
            show_default=False,
            help="A server that runs already. Default: a fresh private one, as it was then.",
        ),
    ] = None,
    speed: Annotated[
        Speed,
        typer.Option("--speed", help="As quick as then, twice as quick, without a pause."),
    ] = Speed.max,
    within: Annotated[
        str,
        typer.Option("--within", metavar="TIME", help="How long an answer or event may take."),
    ] = "10s",
    is_strict: Annotated[
        bool, typer.Option("--strict", help="Compare all that was answered, not only how.")
    ] = False,
) -> None:
    """Do again what a trace recorded. All requests and frames; says what is different now.

    People are made anew, and ids are what the new answers say. Compared are statuses and codes,
    and that every event comes again; with --strict also what answers and events hold, but for
    ids, times and tokens.

    \b
    Examples:
      fynix scenario run hello.fynix.yaml --trace traces
      fynix scenario replay traces/hello-hello-embedded-1.trace.jsonl --strict

    Exits 0 if all is the same, 8 if something is different, 1 if it cannot be played to its end,
    2 if the file is no trace.
    """
    if server is None:
        from fynix_cli.scenario.servers import forks

        forks.prepare()
    from fynix_cli.scenario.replaying.running import ReplayRequest, replay_trace

    replay_trace(ReplayRequest(trace, server, str(speed), within, is_strict))

"""`fynix bench`: how much a server does, and what it costs."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fynix_cli.commands.bench_options import (
    BenchedOption,
    CompareOption,
    CpuOption,
    Limits,
    LimitsOption,
    PairsOption,
    SecondsOption,
    Stack,
    StackOption,
    ViaOption,
    WarmUpOption,
    Way,
    WorkersOption,
)
from fynix_cli.errors import CommandError
from fynix_cli.options import OutputOption
from fynix_cli.output import OutputFormat

if TYPE_CHECKING:
    from fynix_cli.bench.figures import Outcome
    from fynix_cli.bench.server import BenchServer

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="""Measure a server: how much it does, and what that costs.

    \b
    -o json prints an object, of which names are added to and never change:
      format           1
      bench            which of the commands below
      parameters       all options; "server" is null where one was started
      fynix, python    versions
      machine          system, cores
      figures          by name, each with its unit: …_ms, …_mib, …_per_second
      generator_bound  true: this end was too slow for what it measured
      ratios           with --compare: now by then, by the names of the figures
    CPU and memory are those of the server, what it has started included; they are
    left out where it is not to be found on this machine.
    """,
)


@app.command()
def send(
    pairs: PairsOption = 16,
    via: ViaOption = Way.ws,
    seconds: SecondsOption = 10.0,
    warm_up: WarmUpOption = 2.0,
    server: BenchedOption = None,
    stack: StackOption = Stack.embedded,
    workers: WorkersOption = 1,
    cpu: CpuOption = None,
    output: OutputOption = OutputFormat.table,
    compare: CompareOption = None,
) -> None:
    """As fast as it goes. Each pair sends again once its message was answered and has arrived.

    \b
    Examples:
      fynix bench send --cpu 0
      fynix bench send --via rest --stack full -o json > before.json
      fynix bench send --via rest --stack full --compare before.json
    """

    async def work(at: "BenchServer") -> "Outcome":
        from fynix_cli.bench.pairs import Load, closed_loop

        return await closed_loop(at, Load(pairs, via, seconds, warm_up))

    _run(work, _options(server, stack, workers, cpu), output, compare)


@app.command()
def deliver(
    rate: Annotated[float, typer.Option("--rate", min=0.1, help="Messages a second.")] = 100.0,
    pairs: PairsOption = 16,
    via: ViaOption = Way.ws,
    seconds: SecondsOption = 10.0,
    warm_up: WarmUpOption = 2.0,
    server: BenchedOption = None,
    stack: StackOption = Stack.embedded,
    workers: WorkersOption = 1,
    cpu: CpuOption = None,
    output: OutputOption = OutputFormat.table,
    compare: CompareOption = None,
) -> None:
    """At a rate: how long a message takes. From when it was due until it has arrived."""

    async def work(at: "BenchServer") -> "Outcome":
        from fynix_cli.bench.pairs import Load, open_loop

        return await open_loop(at, Load(pairs, via, seconds, warm_up), rate)

    _run(work, _options(server, stack, workers, cpu), output, compare)


@app.command()
def fanout(
    members: Annotated[
        int, typer.Option("--members", min=2, help="People in the group, all connected.")
    ] = 500,
    messages: Annotated[int, typer.Option("--messages", min=1, help="How many.")] = 50,
    server: BenchedOption = None,
    stack: StackOption = Stack.embedded,
    workers: WorkersOption = 1,
    cpu: CpuOption = None,
    output: OutputOption = OutputFormat.table,
    compare: CompareOption = None,
) -> None:
    """Messages to a group in which everybody is connected."""
    from fynix_server.protocol.conversations import MAX_GROUP_PARTICIPANTS

    if members > MAX_GROUP_PARTICIPANTS:
        raise typer.BadParameter(
            f"a group has at most {MAX_GROUP_PARTICIPANTS} members", param_hint="--members"
        )

    async def work(at: "BenchServer") -> "Outcome":
        from fynix_cli.bench.crowds import fan_out

        return await fan_out(at, members, messages)

    _run(work, _options(server, stack, workers, cpu), output, compare)


@app.command()
def flood(
    connections: Annotated[
        int, typer.Option("--connections", min=1, help="That send as fast as they can.")
    ] = 200,
    limits: LimitsOption = Limits.usual,
    pairs: Annotated[
        int, typer.Option("--pairs", min=1, help="Of others, who are measured meanwhile.")
    ] = 24,
    rate: Annotated[
        float, typer.Option("--rate", min=0.1, help="Messages a second of those pairs in all.")
    ] = 8.0,
    via: ViaOption = Way.ws,
    seconds: SecondsOption = 30.0,
    server: BenchedOption = None,
    stack: StackOption = Stack.embedded,
    workers: WorkersOption = 1,
    cpu: CpuOption = None,
    output: OutputOption = OutputFormat.table,
    compare: CompareOption = None,
) -> None:
    """Many who flood, and what others notice of it. Each has a conversation of their own.

    Latencies are those of the others. acknowledged_lost counts what the flood was told is
    stored and is not there, once, afterwards.
    """

    async def work(at: "BenchServer") -> "Outcome":
        from fynix_cli.bench.flood import FloodLoad
        from fynix_cli.bench.flood import flood as measure_flood

        outcome = await measure_flood(at, FloodLoad(connections, via, seconds, pairs, rate))
        outcome.parameters["limits"] = str(limits) if server is None else None
        return outcome

    if server is not None and limits is not Limits.usual:
        raise typer.BadParameter(
            "it runs already, with limits of its own", param_hint="--limits with --server"
        )
    options = _options(server, stack, workers, cpu)
    _run(work, options, output, compare, has_usual_limits=limits is Limits.usual)


@app.command()
def idle(
    connections: Annotated[
        int, typer.Option("--connections", min=2, help="Sockets to open.")
    ] = 500,
    per_person: Annotated[
        int, typer.Option("--per-person", min=1, help="How many of them a person has.")
    ] = 1,
    server: BenchedOption = None,
    stack: StackOption = Stack.embedded,
    workers: WorkersOption = 1,
    cpu: CpuOption = None,
    output: OutputOption = OutputFormat.table,
    compare: CompareOption = None,
) -> None:
    """What connections cost on which nothing happens."""

    async def work(at: "BenchServer") -> "Outcome":
        from fynix_cli.bench.crowds import idle as measure_idle

        if not at.is_measurable:
            raise CommandError(
                "the process of that server is not to be found on this machine",
                hint="run this beside the server, or leave out --server",
            )
        return await measure_idle(at, connections, per_person)

    _run(work, _options(server, stack, workers, cpu), output, compare)


@app.command()
def history(
    messages: Annotated[
        int, typer.Option("--messages", min=1000, help="In the database, when it is read.")
    ] = 100_000,
    conversations: Annotated[
        int, typer.Option("--conversations", min=1, help="Of the one who reads.")
    ] = 20,
    requests: Annotated[int, typer.Option("--requests", min=1, help="Of each kind.")] = 200,
    stack: StackOption = Stack.embedded,
    cpu: CpuOption = None,
    output: OutputOption = OutputFormat.table,
    compare: CompareOption = None,
) -> None:
    """Pages of a database that has long been used; compare two sizes.

    \b
    Example:
      fynix bench history --messages 10000 -o json > small.json
      fynix bench history --messages 1000000 --compare small.json
    """
    _require_extra()
    from fynix_cli.bench.history import History, reading
    from fynix_cli.bench.report import run_bench

    wanted = History(messages, conversations, requests, str(stack), cpu)
    run_bench(lambda: reading(wanted), output, compare)


@app.command()
def start(
    runs: Annotated[int, typer.Option("--runs", min=1, help="Of which the median counts.")] = 5,
    stack: StackOption = Stack.embedded,
    output: OutputOption = OutputFormat.table,
    compare: CompareOption = None,
) -> None:
    """How long a server, and a command, take to start. Until it is ready, and has run."""
    _require_extra()
    from fynix_cli.bench.report import run_bench
    from fynix_cli.bench.starting import starting

    run_bench(lambda: starting(runs, stack), output, compare)


def _options(server: str | None, stack: Stack, workers: int, cpu: int | None) -> dict[str, Any]:
    if server is not None and (stack is not Stack.embedded or workers != 1 or cpu is not None):
        raise typer.BadParameter(
            "it runs already: --stack, --workers and --cpu are for one that is started",
            param_hint="--server",
        )
    if server is not None:
        return {"server": server, "stack": None, "workers": None, "cpu": None}
    return {"server": None, "stack": str(stack), "workers": workers, "cpu": cpu}


def _run(
    work: Callable[["BenchServer"], Coroutine[Any, Any, "Outcome"]],
    options: dict[str, Any],
    output: OutputFormat,
    compare: Path | None,
    *,
    has_usual_limits: bool = False,
) -> None:
    _require_extra()
    from fynix_cli.bench.report import run_bench
    from fynix_cli.bench.server import ServerOptions, bench_server

    async def measured() -> "Outcome":
        wanted = ServerOptions(**options, has_usual_limits=has_usual_limits)
        async with bench_server(wanted) as server:
            outcome = await work(server)
        outcome.parameters |= options
        return outcome

    run_bench(measured, output, compare)


def _require_extra() -> None:
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("aiohttp", "hdrh", "psutil")):
        raise CommandError("fynix bench needs more packages", hint="pip install 'fynix[bench]'")

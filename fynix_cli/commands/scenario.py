"""`fynix scenario …`: scripted conversations of several people."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fynix_cli.commands.scenario_sessions import load, record, replay
from fynix_cli.output import OutputFormat

app = typer.Typer(
    no_args_is_help=True,
    help="Script conversations, break them on purpose, and get a report.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class StackChoice(StrEnum):
    embedded = "embedded"
    full = "full"
    both = "both"


PathsArgument = Annotated[
    list[Path], typer.Argument(metavar="PATH", help="Files, or folders of *.fynix.yaml.")
]
VarOption = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=VALUE", help="A variable; may be given several times."),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="TAG", help="Only those with this tag; several: any of them."),
]


@app.command()
def run(
    paths: PathsArgument,
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            envvar="FYNIX_SCENARIO_SERVER",
            show_default=False,
            help="A server that runs already. Default: a fresh private one for each scenario.",
        ),
    ] = None,
    stack: Annotated[
        StackChoice, typer.Option("--stack", help="Of private servers; full: Postgres, Valkey.")
    ] = StackChoice.embedded,
    instances: Annotated[
        int | None, typer.Option("--instances", min=1, max=8, help="Servers that are one.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="So many at once.")] = 1,
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="Play each so often.")] = 1,
    is_until_fail: Annotated[
        bool, typer.Option("--until-fail", help="Again and again, up to the first that fails.")
    ] = False,
    only: OnlyOption = None,
    case: Annotated[
        str | None, typer.Option("--case", help="Only those with this text in their title.")
    ] = None,
    var: VarOption = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Makes a rerun the same; shown with a failure.")
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="KIND=FILE", help="junit=F, json=F or html=F."),
    ] = None,
    is_stepping: Annotated[
        bool, typer.Option("--step", help="Wait for Enter before each step.")
    ] = False,
    is_kept: Annotated[
        bool, typer.Option("--keep", help="Leave the private server up until Enter.")
    ] = False,
    trace: Annotated[
        Path | None,
        typer.Option("--trace", metavar="DIR", help="Write all that is said into this folder."),
    ] = None,
    output: Annotated[
        OutputFormat, typer.Option("--output", "-o", help="json and jsonl: the outcomes.")
    ] = OutputFormat.table,
) -> None:
    """Play scenarios, and say of each whether all was as it says.

    \b
    Examples:
      fynix scenario run hello.fynix.yaml
      fynix scenario run scenarios/ --jobs 2 --report junit=report.xml
      fynix scenario run broken-line.fynix.yaml --stack full --instances 2 --until-fail
      fynix scenario run hello.fynix.yaml --server https://chat.example

    Exits 0 if all was so, 8 if an assertion failed, 1 if something could not be played, 2 if a
    file cannot be read.
    """
    if server is None:
        # First of all: servers load in a process of their own while this one loads the rest.
        from fynix_cli.scenario.servers import forks

        forks.prepare()
    from fynix_cli.scenario.running import RunRequest, run_scenarios

    run_scenarios(
        RunRequest(
            paths=paths,
            server=server,
            stack=str(stack),
            instances=instances,
            jobs=jobs,
            repeat=repeat,
            is_until_fail=is_until_fail,
            tags=frozenset(only or ()),
            case=case,
            variables=tuple(var or ()),
            seed=seed,
            reports=tuple(report or ()),
            is_stepping=is_stepping,
            is_kept=is_kept,
            trace=trace,
            output=output,
        )
    )


@app.command()
def check(paths: PathsArgument, var: VarOption = None) -> None:
    """Read scenarios without playing them. Says what is wrong, and where.

    \b
    Examples:
      fynix scenario check scenarios/
    """
    from fynix_cli.scenario.telling import check_files

    check_files(paths, tuple(var or ()))


@app.command("list")
def list_(
    paths: PathsArgument,
    only: OnlyOption = None,
    output: Annotated[OutputFormat, typer.Option("--output", "-o")] = OutputFormat.table,
) -> None:
    """List scenarios, with their tags and people.

    \b
    Examples:
      fynix scenario list scenarios/ --only limits
    """
    from fynix_cli.scenario.telling import list_scenarios

    list_scenarios(paths, frozenset(only or ()), output)


@app.command()
def steps(
    name: Annotated[
        str | None, typer.Argument(metavar="STEP", help="Which; left out: all, in a line each.")
    ] = None,
) -> None:
    """Explain the steps that a scenario can have.

    \b
    Examples:
      fynix scenario steps
      fynix scenario steps expect
    """
    from fynix_cli.scenario.telling import explain_steps

    explain_steps(name)


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors.

    \b
    Examples:
      fynix scenario schema > fynix.schema.json
    """
    from fynix_cli.scenario.telling import print_schema

    print_schema()


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="NAME.fynix.yaml.")],
    people: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME", help="Who; may be repeated.")
    ] = None,
    is_overwritten: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that is there.")
    ] = False,
) -> None:
    """Begin a scenario: a file that plays, to be changed.

    \b
    Examples:
      fynix scenario new hello.fynix.yaml --with alice --with bob
    """
    from fynix_cli.scenario.beginning import begin_scenario

    begin_scenario(file, tuple(people or ("alice", "bob")), is_overwritten=is_overwritten)


for _command in (record, replay, load):
    app.command()(_command)

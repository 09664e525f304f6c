"""`fynix serve`: run a server."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Stack(StrEnum):
    embedded = "embedded"
    full = "full"


class LogLevel(StrEnum):
    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def serve(
    host: Annotated[
        str | None,
        typer.Option("--host", show_default=False, help="Listen here. Default: 127.0.0.1."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, show_default=False, help="0: a free one. Default: 8000."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, show_default=False, help="Processes. More need Postgres and Redis."
        ),
    ] = None,
    stack: Annotated[
        Stack | None,
        typer.Option(
            "--stack",
            show_default=False,
            help="full: with a private Postgres and Valkey, kept in the data folder. "
            "Default: what DATABASE_URL and REDIS_URL say, else SQLite alone.",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", show_default=False, help="The data folder.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Make alice, bob, carol and admin where nobody is yet.")
    ] = False,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start again when a source file changes.")
    ] = False,
    log_level: Annotated[
        LogLevel | None,
        typer.Option("--log-level", show_default=False, help="Least level logged. Default: info."),
    ] = None,
) -> None:
    """Run a server until Ctrl-C or SIGTERM.

    Options win over the environment (FYNIX_HOST, FYNIX_PORT, …). SQLite and the private stack
    are migrated at the start; another Postgres wants `fynix migrate` first.

    \b
    Examples:
      fynix serve --demo
      fynix serve --stack full --workers 2
      DATABASE_URL=postgresql://… REDIS_URL=redis://… fynix serve --host 0.0.0.0

    Exits 1 if it cannot start (a taken port, an old schema), 7 if the database does not answer.
    """
    from fynix_cli.serving.run import ServeRequest, run_server

    if reload and (workers or 1) > 1:
        raise typer.BadParameter("it goes with one worker only", param_hint="--reload")
    if stack is Stack.full and demo:
        raise typer.BadParameter("it goes with SQLite only", param_hint="--demo")
    options = {
        "host": host,
        "port": port,
        "workers": workers,
        "data_dir": data_dir and data_dir.absolute(),
        "log_level": log_level and log_level.value,
    }
    overrides = {name: value for name, value in options.items() if value is not None}
    if stack is Stack.embedded:
        overrides |= {"database_url": "", "redis_url": "fakeredis://"}
    run_server(ServeRequest(overrides, stack is Stack.full, demo, reload))

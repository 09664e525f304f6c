"""`fynix top`: a live view of a server."""

import os
import sys
from typing import Annotated

import typer

from fynix_cli.options import ServerOption
from fynix_cli.output import OutputFormat

SHORTEST_SECONDS, LONGEST_SECONDS = 0.1, 3600.0


def top(
    server: ServerOption = None,
    metrics_url: Annotated[
        str | None,
        typer.Option(
            "--metrics-url",
            show_default=False,
            metavar="URL",
            help="Where its metrics are, if FYNIX_METRICS_ADDRESS is set: HOST:PORT or a URL.",
        ),
    ] = None,
    interval: Annotated[
        str, typer.Option("--interval", metavar="SECONDS", help="Time between looks: 1, 0.5, 2s.")
    ] = "1s",
    once: Annotated[bool, typer.Option("--once", help="Print one sample of one interval.")] = False,
    count: Annotated[
        int | None,
        typer.Option("--count", min=1, show_default=False, help="End after so many samples."),
    ] = None,
    output: Annotated[
        OutputFormat | None,
        typer.Option(
            "--output",
            "-o",
            show_default=False,
            help="Print instead of drawing: one sample, or with jsonl one an interval.",
        ),
    ] = None,
) -> None:
    """Watch a server: connections, messages, latency, requests, limits, database and process.

    On a terminal it draws the last minutes, and `q` quits. Elsewhere, or with -o, it prints one
    sample; -o jsonl prints one object an interval, until --count or Ctrl-C. Needs no login. With
    several workers it shows the one that its connection reached.

    \b
    Examples:
      fynix top
      fynix top --server https://chat.example.com --metrics-url 10.0.0.5:9100
      fynix top --once -o json
      fynix top -o jsonl --interval 10 | jq .messages_per_second

    Exits 0; 1 if there are no metrics; 7 if one sample is asked for and nothing answers; 130
    where printing is interrupted.
    """
    from fynix_cli.session import chosen_server
    from fynix_cli.top.running import Look, run_top
    from fynix_cli.top.source import Place, checked_metrics_url

    if once and (count or 1) > 1:
        raise typer.BadParameter("it is one sample, so no --count", param_hint="--once")
    if output is OutputFormat.json and (count or 1) > 1:
        raise typer.BadParameter("several are printed as -o jsonl", param_hint="--count")
    place = Place(
        chosen_server(None, server),
        None if metrics_url is None else checked_metrics_url(metrics_url),
    )
    has_screen = sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM") != "dumb"
    look = Look(place, _seconds(interval), 1 if once else count)
    run_top(look, output, is_drawn=has_screen and output is None and not once)


def _seconds(text: str) -> float:
    try:
        seconds = float(text.removesuffix("s"))
    except ValueError:
        seconds = 0.0
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        said = f"{text!r} is no number of seconds from {SHORTEST_SECONDS} to {LONGEST_SECONDS:g}"
        raise typer.BadParameter(said, param_hint="--interval")
    return seconds

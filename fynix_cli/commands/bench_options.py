"""The options that the commands of `fynix bench` share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Way(StrEnum):
    ws = "ws"
    rest = "rest"


class Stack(StrEnum):
    embedded = "embedded"
    full = "full"


BenchedOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        show_default=False,
        metavar="URL",
        help="A server that runs. Default: one is started for the run, and ended after it.",
    ),
]
StackOption = Annotated[
    Stack, typer.Option("--stack", help="Of the server that is started: as for `fynix serve`.")
]
WorkersOption = Annotated[
    int, typer.Option("--workers", min=1, help="Of the server that is started.")
]
CpuOption = Annotated[
    int | None,
    typer.Option(
        "--cpu",
        min=0,
        show_default=False,
        help="Keep the server that is started on this core, and the load off it.",
    ),
]
CompareOption = Annotated[
    Path | None,
    typer.Option(
        "--compare", show_default=False, help="What -o json printed earlier: show the ratios."
    ),
]
PairsOption = Annotated[int, typer.Option("--pairs", min=1, help="Conversations of two people.")]
ViaOption = Annotated[Way, typer.Option("--via", help="How messages are sent.")]
SecondsOption = Annotated[float, typer.Option("--for", min=0.1, help="Seconds to measure.")]
WarmUpOption = Annotated[
    float, typer.Option("--warm-up", min=0.0, help="Seconds before, that do not count.")
]


class Limits(StrEnum):
    usual = "usual"
    high = "high"


LimitsOption = Annotated[
    Limits,
    typer.Option(
        "--limits",
        help="Of the server that is started: usual: what people may do by default; high: so that "
        "only the queue for commits limits them.",
    ),
]

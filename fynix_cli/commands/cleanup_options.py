"""Options of `fynix cleanup`."""

from typing import Annotated

import typer

AGE = "AGE"
BatchOption = Annotated[
    int, typer.Option("--batch", min=1, max=10_000, help="At most so many rows at once.")
]
MaxTimeOption = Annotated[
    str | None,
    typer.Option(
        "--max-time",
        metavar="DURATION",
        show_default=False,
        help="Stop after so long, such as 10m; the same command goes on from there.",
    ),
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Do not ask; else one types what goes to go on.")
]
DeletedAfterOption = Annotated[
    str,
    typer.Option(
        "--deleted-after",
        metavar=AGE,
        envvar="FYNIX_CLEANUP_DELETED_AFTER",
        help="Deleted messages stay so long, for moderators.",
    ),
]
SessionsAfterOption = Annotated[
    str,
    typer.Option(
        "--older-than",
        metavar=AGE,
        envvar="FYNIX_CLEANUP_SESSIONS_AFTER",
        help="That ended so long ago, or on a day before; 1d at least.",
    ),
]
ReceiptsAfterOption = Annotated[
    str,
    typer.Option(
        "--older-than",
        metavar=AGE,
        envvar="FYNIX_CLEANUP_RECEIPTS_AFTER",
        help="Of what was read so long ago, or on a day before.",
    ),
]
EventsAfterOption = Annotated[
    str,
    typer.Option(
        "--older-than",
        metavar=AGE,
        envvar="FYNIX_CLEANUP_EVENTS_AFTER",
        help="That happened so long ago, or on a day before; 7d at least.",
    ),
]
AuditAfterOption = Annotated[
    str,
    typer.Option(
        "--older-than",
        metavar=AGE,
        envvar="FYNIX_CLEANUP_AUDIT_AFTER",
        help="Written so long ago, or on a day before; 365d at least.",
    ),
]
OlderThanOption = Annotated[
    str | None,
    typer.Option(
        "--older-than",
        metavar=AGE,
        show_default=False,
        help="All that is so old, or of a day before, messages too; not the audit log.",
    ),
]

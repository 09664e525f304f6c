"""What the commands of `fynix moderation filter` choose from."""

from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    word = "word"
    regex = "regex"
    domain = "domain"
    max_links = "max_links"
    attachment_type = "attachment_type"


class Verdict(StrEnum):
    allow = "allow"
    mask = "mask"
    hold = "hold"
    reject = "reject"


class ContentType(StrEnum):
    text = "text"
    image = "image"
    file = "file"


RuleArgument = Annotated[str, typer.Argument(metavar="RULE", help="Its name, or its id.")]
ShadowOption = Annotated[
    bool | None,
    typer.Option("--shadow/--live", show_default=False, help="Whether it only counts."),
]
EnabledOption = Annotated[
    bool | None,
    typer.Option("--enabled/--disabled", show_default=False, help="Whether it is looked for."),
]

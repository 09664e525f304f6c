"""Steps of people who protect themselves: blocking, and telling the moderators."""

from typing import ClassVar

from pydantic import Field

from fynix_cli.scenario.model.step_shapes import Asking, StepArgs
from fynix_cli.scenario.model.values import PersonName, Ref, Text


class Block(Asking):
    """Want nothing more from somebody."""

    shorthand: ClassVar[str | None] = "who"
    example: ClassVar[str] = "alice.block: bob"

    who: PersonName = Field(description="Whom.")


class Unblock(Asking):
    """Take a block back."""

    shorthand: ClassVar[str | None] = "who"
    example: ClassVar[str] = "alice.unblock: bob"

    who: PersonName = Field(description="Whom.")


class Report(Asking):
    """Report a message or a person to the moderators."""

    example: ClassVar[str] = "bob.report: {message: $m1, reason: spam}"

    message: Ref = Field(None, description="The message, such as $m1.")
    who: PersonName | None = Field(None, description="The person, in place of a message.")
    reason: Text = Field("other", description="spam, harassment, threat, illegal or other.")
    comment: Text = Field(None, description="In their own words.")


PROTECTING: dict[str, type[StepArgs]] = {"block": Block, "unblock": Unblock, "report": Report}

"""What is shared by the shapes of steps."""

from typing import Annotated, Any, ClassVar, get_args

from pydantic import AfterValidator, Field, WithJsonSchema

from fynix_cli.errors import CommandError
from fynix_cli.matching.fields import FRAMES, check_path
from fynix_cli.scenario.model.values import Args, Duration, Matcher, VariableName, is_reference
from fynix_server.protocol.frames import ServerFrame

CLOSED = "closed"
"""The event of a line that ended: `code` and `reason`."""

EVENTS = tuple(
    sorted(
        {str(it.model_fields["type"].default) for it in get_args(get_args(ServerFrame)[0])}
        | {CLOSED}
    )
)


class AnswerExpectation(Args):
    """What an answer must look like. Left out: it must be a success."""

    shorthand: ClassVar[str | None] = "status"

    status: Matcher = Field(None, description="The HTTP status.")
    code: Matcher = Field(None, description="The stable code of an error, such as rate_limited.")
    body: dict[str, Any] = Field(
        default_factory=dict, description="By path into the JSON, such as message.content."
    )
    headers: dict[str, Any] = Field(default_factory=dict, description="By name, in any case.")


class StepArgs(Args):
    """Of every step. `example`: as it stands in a file; shown by `fynix scenario steps`."""

    example: ClassVar[str] = ""


class Asking(StepArgs):
    """Of every step that asks the server something."""

    expect: AnswerExpectation | None = Field(
        None, description="What the answer must be; left out: a success."
    )
    save: VariableName | None = Field(None, description="Keep the answer's body by this name.")
    within: Duration = Field(10.0, description="How long the answer may take.")


def check_paths(event: str | None, where: dict[str, Any]) -> None:
    """Refuse a path that no such event has, since then nothing would ever be there.

    Raises: ValueError.
    """
    if event is not None and event not in FRAMES:
        return  # a variable, or one whose shape is not listed
    for path in where:
        try:
            check_path(path, {event} if event is not None else ())
        except CommandError as error:
            raise ValueError(str(error)) from None


def _event(value: str) -> str:
    if value not in EVENTS and not is_reference(value):
        raise ValueError(f"there is no event {value!r}|{value}|{' '.join(EVENTS)}")
    return value


EventName = Annotated[
    str,
    AfterValidator(_event),
    WithJsonSchema({"anyOf": [{"enum": list(EVENTS)}, {"type": "string", "pattern": r"\$"}]}),
]

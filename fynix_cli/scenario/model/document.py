"""The shape of a whole scenario file."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from fynix_cli.scenario.model.step_shapes import EventName
from fynix_cli.scenario.model.values import (
    NAME,
    Args,
    Duration,
    Flag,
    Matcher,
    Protocol,
    Steps,
    Text,
    VariableName,
    Whole,
)
from fynix_server.settings import Settings

FORMAT = 1
INVARIANTS = {
    "no_duplicates": "no numbered event reached a device twice",
    "no_gaps": "every device saw every number of its conversations",
    "same_order_for_all": "all devices saw the same events in the same order",
    "unread_matches": "the unread counts are what was sent and read makes them",
    "no_lost_lines": "no line ended that the scenario did not end, break, or wait for",
    "no_server_errors": "no answer had a status of 500 or more, and no frame lacked a part",
}
_OURS = {
    "data_dir",
    "database_url",
    "env",
    "host",
    "jwt_secret_key",
    "log_format",
    "metrics_address",
    "port",
    "redis_url",
    "workers",
}
"""Settings that the run itself decides."""

SERVER_SETTINGS = tuple(sorted(set(Settings.model_fields) - _OURS))


def _known_settings(settings: dict[str, Any]) -> dict[str, Any]:
    for name in settings:
        if name not in SERVER_SETTINGS:
            known = " ".join(SERVER_SETTINGS)
            raise ValueError(f"there is no setting {name!r} here|{name}|{known}")
    return settings


class Actor(Args):
    """Somebody in the conversation. By default an account is made for them."""

    devices: list[Annotated[str, Field(pattern=rf"^{NAME}$")]] = Field(
        ["main"], min_length=1, description="Each has a login and a live line of its own."
    )
    username: Text = Field(None, description="Of an account that exists; wants a password.")
    password: Text = Field(None, description="Its password, best as ${env.NAME}.")
    login: Text = Field(None, description="Act as this login of `fynix login`.")
    display_name: Text = Field(None, description="The name that others see.")
    connect: Flag = Field(True, description="false: lines open only at a `connect` step.")
    protocol: Protocol = Field(
        "fynix.v1", description="plain: as a client written from the mission alone."
    )
    reconnects: Flag = Field(
        False, description="true: a line that breaks comes back by itself, and resumes."
    )
    instance: Whole = Field(None, description="Which instance they talk to, from 0.")


class Server(Args):
    """The private server that this scenario wants."""

    instances: Annotated[int, Field(ge=1, le=8)] = Field(
        1, description="Several share one Postgres and one Redis."
    )
    settings: Annotated[dict[str, Any], AfterValidator(_known_settings)] = Field(
        default_factory=dict, description="By name, such as {rate_limit_messages: 5/60}."
    )


class LatencyThreshold(Args):
    """How late events of a kind may be, from the start of the request that caused them."""

    event: EventName = Field("new_message", description="Of which events.")
    p50: Matcher = Field(None, description="Half of them, such as {lt: 50ms}.")
    p95: Matcher = Field(None, description="95 of a hundred.")
    p99: Matcher = Field(None, description="99 of a hundred.")
    max: Matcher = Field(None, description="The latest of all.")


class Report(Args):
    """What is measured, and what it must be."""

    latency: LatencyThreshold | None = Field(None, description="How late events may be.")


def _all_off(value: Any) -> Any:
    return dict.fromkeys(INVARIANTS, False) if value is False else value


def _known_invariants(value: dict[str, bool]) -> dict[str, bool]:
    for name in value:
        if name not in INVARIANTS:
            raise ValueError(f"there is no invariant {name!r}|{name}|{' '.join(INVARIANTS)}")
    return value


Invariants = Annotated[
    dict[str, bool],
    BeforeValidator(_all_off),
    AfterValidator(_known_invariants),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": False},
                {
                    "type": "object",
                    "properties": {
                        name: {"type": "boolean", "description": f"Whether {text}."}
                        for name, text in INVARIANTS.items()
                    },
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
Matrix = Annotated[dict[VariableName, Annotated[list[Any], Field(min_length=1)]], Field()]


class Document(Args):
    """A scripted conversation of several people, for `fynix scenario`."""

    schema_: Text = Field(None, alias="$schema", description="Where editors find this schema.")
    fynix: Literal[1] = Field(description="The version of the format: 1.")
    name: Text = Field(description="What it shows, in a few words.")
    description: Text = Field(None, description="More about it.")
    tags: list[Annotated[str, Field(pattern=r"^[\w-]+$")]] = Field(
        default_factory=list, description="For `run --only TAG`."
    )
    server: Server = Field(default_factory=Server)
    vars: dict[VariableName, Any] = Field(
        default_factory=dict, description="Values by name; null: must come from --var."
    )
    matrix: Matrix = Field(
        default_factory=dict, description="Values by name; it is played once for each choice."
    )
    actors: Annotated[
        dict[Annotated[str, Field(pattern=rf"^{NAME}$")], Actor], Field(min_length=1)
    ] = Field(description="Who takes part, by name.")
    steps: Steps = Field(description="What happens, in order.")
    invariants: Invariants = Field(
        default_factory=dict, description="What is checked at the end; false leaves it out."
    )
    report: Report = Field(default_factory=Report)
    timeout: Duration = Field(120.0, description="How long it may take as a whole.")

    shorthand: ClassVar[str | None] = None

"""Steps of people who watch: what must arrive, what must not, and the line it comes through."""

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from fynix_cli.scenario.model.step_shapes import AnswerExpectation, EventName, StepArgs, check_paths
from fynix_cli.scenario.model.values import (
    RESOLVED,
    Duration,
    Flag,
    Matcher,
    Protocol,
    Share,
    Text,
    VariableName,
    Whole,
    is_reference,
)

RESTART_NODE = "restart_node"
SERVER_FAULTS = ("redis_down", RESTART_NODE)
FAULTS = ("drop", "half_open", "slow_reader", "latency", "lose_response", *SERVER_FAULTS)


def _fault(value: str, info: ValidationInfo) -> str:
    # What a variable says is judged when it is its turn.
    is_known = info.context == RESOLVED or value in FAULTS or is_reference(value)
    if not is_known:
        raise ValueError(f"there is no fault {value!r}|{value}|{' '.join(FAULTS)}")
    return value


FaultName = Annotated[
    str,
    AfterValidator(_fault),
    WithJsonSchema({"anyOf": [{"enum": list(FAULTS)}, {"type": "string", "pattern": r"\$"}]}),
]


class Expect(StepArgs):
    """Wait for a live event, and take it: another `expect` will not see it again.

    What arrived since the device connected counts, so it may be there already.
    """

    shorthand: ClassVar[str | None] = "event"
    example: ClassVar[str] = (
        "bob.expect: {event: new_message, where: {message.id: $m1.id}, within: 1s}"
    )

    event: EventName = Field(description="The frame's type; `closed` when the line ends.")
    where: dict[str, Matcher] = Field(
        default_factory=dict, description="By path into the frame, such as message.content."
    )
    within: Duration = Field(5.0, description="How long to wait for all of it.")
    count: Whole = Field(None, description="Exactly so many; left out: one, and others may be.")
    unique_by: Text = Field(None, description="A path whose values must all differ.")
    gapless: Text = Field(None, description="A path whose numbers must rise by one each.")
    save: VariableName | None = Field(
        None, description="Keep the event by this name; with count a list of them."
    )

    @model_validator(mode="after")
    def _can_fail(self) -> "Expect":
        if self.count is None and (self.unique_by is not None or self.gapless is not None):
            raise ValueError("`unique_by` and `gapless` are of several events: say the `count`")
        if isinstance(self.count, int) and self.count < 1:
            raise ValueError("`count` is one at least; that nothing came is `expect_none`")
        check_paths(self.event, self.where)
        return self


class ExpectNone(StepArgs):
    """No such event may have arrived.

    Certain without waiting: everything that the server had to deliver is let through first.
    """

    shorthand: ClassVar[str | None] = "event"
    example: ClassVar[str] = "bob.expect_none: {event: new_message}"

    event: EventName | None = Field(None, description="The frame's type; left out: any.")
    where: dict[str, Matcher] = Field(default_factory=dict, description="By path into the frame.")
    within: Duration = Field(10.0, description="How long letting everything through may take.")

    @model_validator(mode="after")
    def _can_fail(self) -> "ExpectNone":
        check_paths(self.event, self.where)
        return self


class Check(StepArgs):
    """Compare what the server says of this person with what it should be."""

    example: ClassVar[str] = "bob.check: {unread: {$dm: 1}}"

    unread: dict[str, Matcher] = Field(
        default_factory=dict, description="Unread messages by conversation."
    )
    values: list[Any] = Field(
        default_factory=list, description="Pairs [value, matcher], such as [$m1.seq, 2]."
    )
    within: Duration = Field(10.0, description="How long the answers may take.")

    @model_validator(mode="after")
    def _can_fail(self) -> "Check":
        if not self.unread and not self.values:
            raise ValueError("checks nothing: say `unread` or `values`")
        return self


class Connect(StepArgs):
    """Open the device's live line."""

    example: ClassVar[str] = "bob.phone.connect: {}"

    protocol: Protocol = Field(
        "fynix.v1", description="plain: as a client written from the mission alone."
    )
    resume: Flag = Field(True, description="false: no durable events before a `resume`.")
    token: Text = Field(None, description="In place of the device's own.")
    within: Duration = Field(10.0, description="How long it may take, tries included.")
    expect: AnswerExpectation | None = Field(
        None, description="That the handshake is refused, and how: {status: 401}."
    )
    closed: Matcher = Field(None, description="That it is accepted, and closed with this code.")


class Reconnect(StepArgs):
    """Open the line anew and have what was missed sent after; tries until it works."""

    example: ClassVar[str] = "bob.phone.reconnect: {}"

    resume: Flag = Field(True, description="false: without what was missed.")
    within: Duration = Field(10.0, description="How long it may take, tries included.")
    expect: dict[str, Matcher] = Field(
        default_factory=dict, description="{resumed: true}, by path into the `resumed` frame."
    )


class Disconnect(StepArgs):
    """Close the device's live line in order."""

    example: ClassVar[str] = "bob.phone.disconnect: {}"


class Resume(StepArgs):
    """Ask over the open line for what came after some numbers."""

    example: ClassVar[str] = "bob.resume: {cursors: {$dm: 0}}"

    cursors: dict[str, Whole] = Field(
        default_factory=dict, description="By conversation the last seq seen; empty: from now on."
    )
    within: Duration = Field(10.0, description="How long it may take.")


class Frame(StepArgs):
    """Send a frame of any kind over the live line, or a text that is none."""

    example: ClassVar[str] = "alice.frame: {send: {type: dance}, expect: {type: error, code: 4003}}"

    send: Any = Field(None, description="Sent as JSON.")
    raw: Text = Field(None, description="Sent as it stands, in place of `send`.")
    expect: dict[str, Matcher] | None = Field(
        None, description="The next frame that looks like this, by path; it is taken."
    )
    within: Duration = Field(5.0, description="How long to wait for that.")
    save: VariableName | None = Field(None, description="Keep that frame by this name.")

    @model_validator(mode="after")
    def _has_one(self) -> "Frame":
        if (self.send is None) == (self.raw is None):
            raise ValueError("needs either `send` or `raw`")
        return self


class Fault(StepArgs):
    """Break something, for a while or until `heal`. Goes on in the background."""

    shorthand: ClassVar[str | None] = "type"
    example: ClassVar[str] = "bob.phone.fault: {type: drop, for: 2s}"

    type: FaultName = Field(
        description="drop, half_open, slow_reader, latency, lose_response; of the server: "
        "redis_down, restart_node.",
    )
    for_: Duration = Field(None, alias="for", description="How long; left out: until `heal`.")
    delay: Duration = Field(0.2, description="Of latency: how late everything comes.")
    bytes_per_second: Whole = Field(2000, description="Of slow_reader: how much is read.")
    likely: Share = Field(1.0, description="Of lose_response: how likely an answer gets lost.")
    node: Whole = Field(0, description="Of restart_node: which instance, from 0.")


class Heal(StepArgs):
    """End the faults of a device, or of the server, now."""

    example: ClassVar[str] = "bob.phone.heal: {}"


WATCHING: dict[str, type[StepArgs]] = {
    "expect": Expect,
    "expect_none": ExpectNone,
    "check": Check,
    "connect": Connect,
    "reconnect": Reconnect,
    "disconnect": Disconnect,
    "resume": Resume,
    "frame": Frame,
    "fault": Fault,
    "heal": Heal,
}

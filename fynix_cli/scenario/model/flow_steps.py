"""Steps of nobody in particular: order, time, the server itself."""

from typing import Any, ClassVar

from pydantic import Field, model_validator

from fynix_cli.scenario.model.step_shapes import StepArgs
from fynix_cli.scenario.model.values import (
    Args,
    Duration,
    Matcher,
    Steps,
    Text,
    VariableName,
    Whole,
)
from fynix_cli.scenario.model.watching_steps import Fault, Heal


class Repeat(StepArgs):
    """Do steps several times, or once for each of several values."""

    example: ClassVar[str] = (
        'repeat: {times: 3, as: i, do: [{alice.send: {in: $dm, text: "number $i"}}]}'
    )

    times: Whole = Field(None, description="How often.")
    each: Any = Field(None, description="In place of `times`: a list of values, one for a turn.")
    as_: VariableName | None = Field(
        None,
        alias="as",
        description="Of the turn's value; with `times` it counts from 1.",
    )
    do: Steps = Field(description="What to do.")

    @model_validator(mode="after")
    def _has_one(self) -> "Repeat":
        if (self.times is None) == (self.each is None):
            raise ValueError("needs either `times` or `each`")
        return self


class Parallel(StepArgs):
    """Do steps at the same time; goes on when all are done."""

    shorthand: ClassVar[str | None] = "steps"
    example: ClassVar[str] = (
        "parallel: [{alice.send: {in: $dm, text: a}}, {bob.send: {in: $dm, text: b}}]"
    )

    steps: Steps = Field(description="Each is a branch of its own.")


class Do(StepArgs):
    """Do steps one after another: several as one branch of `parallel`."""

    shorthand: ClassVar[str | None] = "steps"
    example: ClassVar[str] = "do: [{log: first}, {log: second}]"

    steps: Steps = Field(description="What to do.")


class If(StepArgs):
    """Do steps only if a value is as described."""

    example: ClassVar[str] = "if: {value: $run.stack, is: full, then: [{log: on Postgres}]}"

    value: Any = Field(description="What is looked at.")
    is_: Matcher = Field(alias="is", description="A value, or a matcher such as {gt: 3}.")
    then: Steps = Field(description="What to do if it is so.")
    else_: Steps | None = Field(None, alias="else", description="What to do if not.")


class Include(StepArgs):
    """Do the steps of another file, whose actors and variables these become."""

    shorthand: ClassVar[str | None] = "file"
    example: ClassVar[str] = "include: {file: open-dm.yaml, vars: {greeting: hello}}"

    file: Text = Field(description="Its path, from the folder of this file.")
    vars: dict[str, Any] = Field(default_factory=dict, description="Values for its variables.")


class Log(StepArgs):
    """Say something in the output and in the reports."""

    shorthand: ClassVar[str | None] = "text"
    example: ClassVar[str] = 'log: "the first message has the number $m1.seq"'

    text: Text = Field(description="What to say.")


class Wait(StepArgs):
    """Let real time pass. Seldom needed: `expect` waits, and `clock.advance` takes no time."""

    shorthand: ClassVar[str | None] = "for_"
    example: ClassVar[str] = "wait: 200ms"

    for_: Duration = Field(alias="for", description="How long.")


class ClockAdvance(StepArgs):
    """Move the clock of the private server on. Takes no time."""

    shorthand: ClassVar[str | None] = "by"
    example: ClassVar[str] = "clock.advance: 61s"

    by: Duration = Field(description="How far.")


class Let(StepArgs):
    """Keep values by name."""

    wraps: ClassVar[str | None] = "values"
    example: ClassVar[str] = 'let: {greeting: "hello $alice.username"}'

    values: dict[VariableName, Any] = Field(description="By name.")


class CommandExpectation(Args):
    """How a command must end. Left out: with exit code 0."""

    shorthand: ClassVar[str | None] = "exit"

    exit: Matcher = Field(0, description="Its exit code.")
    out: Matcher = Field(None, description="What it printed, as text.")
    json_: dict[str, Matcher] = Field(
        default_factory=dict, alias="json", description="What it printed as JSON, by path."
    )


class Admin(StepArgs):
    """Run a command of `fynix` on the server's database, or as whom `admin: login NAME` logs in."""

    shorthand: ClassVar[str | None] = "command"
    example: ClassVar[str] = "admin: user list -o json"

    command: Text = Field(description="What is written after `fynix`.")
    expect: CommandExpectation | None = Field(None, description="How it must end.")
    save: VariableName | None = Field(None, description="Keep what it printed by this name.")
    within: Duration = Field(30.0, description="How long it may take.")


FLOW: dict[str, type[StepArgs]] = {
    "repeat": Repeat,
    "parallel": Parallel,
    "do": Do,
    "if": If,
    "include": Include,
    "log": Log,
    "wait": Wait,
    "clock.advance": ClockAdvance,
    "let": Let,
    "admin": Admin,
    "fault": Fault,
    "heal": Heal,
}

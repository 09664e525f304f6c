"""Going through the steps: variables filled in, each done by its own function."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import ValidationError

from fynix_cli.errors import CommandError
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.step_shapes import StepArgs
from fynix_cli.scenario.model.values import RESOLVED
from fynix_cli.scenario.model.wording import plain_problem
from fynix_cli.scenario.playing.failures import AssertionMissed, CannotPlay, StepStopped
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.scope import Scope, Unresolved
from fynix_cli.scenario.playing.step_words import told
from fynix_cli.scenario.playing.steps import faults, flow, lines, talking, watching
from fynix_cli.scenario.playing.steps.requests import REQUESTS

_BLOCKS = frozenset({"do", "steps", "then", "else"})
_Handler = Callable[[Play, Step, Any, Scope], Awaitable[None]]

HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(REQUESTS, talking.ask),
    "leave": talking.leave,
    "send": talking.send,
    "typing": talking.type_,
    "read": talking.read,
    "login": talking.log_in,
    "logout": talking.log_out,
    "refresh": talking.refresh,
    "expect": watching.expect,
    "expect_none": watching.expect_none,
    "check": watching.check,
    "connect": lines.connect,
    "reconnect": lines.reconnect,
    "disconnect": lines.disconnect,
    "resume": lines.resume_from,
    "frame": lines.send_frame,
    "fault": faults.break_,
    "heal": faults.heal,
    "repeat": flow.repeat,
    "parallel": flow.parallel,
    "do": flow.do,
    "if": flow.if_,
    "include": flow.include,
    "log": flow.log,
    "wait": flow.wait,
    "clock.advance": flow.advance_clock,
    "let": flow.let,
    "admin": flow.admin,
}


async def perform(play: Play, steps: Sequence[Step], scope: Scope) -> None:
    """Do steps one after another. Raises: StepStopped."""
    for step in steps:
        if play.before_step is not None:
            await play.before_step(step)
        try:
            args = _filled_in(step, scope)
            who = None if step.name.actor is None else play.device(step).who
            text, line = told(step, args), step.place.line
            play.journal.note("step", text, who=who, number=step.number, line=line)
            await HANDLERS[step.name.verb](play, step, args, scope)
        except (AssertionMissed, CommandError) as error:
            raise StepStopped(step, error) from error


def _filled_in(step: Step, scope: Scope) -> StepArgs:
    """The step's arguments with all variables replaced. Raises: CannotPlay."""
    # Steps within get theirs when it is their turn.
    raw = step.args.model_dump(by_alias=True, exclude_unset=True)
    try:
        values = {
            name: value if name in _BLOCKS else scope.resolve(value) for name, value in raw.items()
        }
        wraps = type(step.args).wraps
        data = values[wraps] if wraps is not None else values
        return type(step.args).model_validate(data, context=RESOLVED)
    except Unresolved as error:
        raise CannotPlay(str(error)) from error
    except ValidationError as error:
        raise CannotPlay(f"{step.written}: {plain_problem(error)}") from error

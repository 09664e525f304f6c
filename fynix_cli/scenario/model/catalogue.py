"""Every step there is, and how its name in a file is taken apart."""

import re
from dataclasses import dataclass

from fynix_cli.scenario.model.flow_steps import FLOW
from fynix_cli.scenario.model.problems import did_you_mean
from fynix_cli.scenario.model.protecting_steps import PROTECTING
from fynix_cli.scenario.model.step_shapes import StepArgs
from fynix_cli.scenario.model.talking_steps import TALKING
from fynix_cli.scenario.model.values import NAME
from fynix_cli.scenario.model.watching_steps import WATCHING

PERSONAL: dict[str, type[StepArgs]] = {**TALKING, **PROTECTING, **WATCHING}
"""Steps of somebody: `alice.send`, or on one of their devices `alice.phone.send`."""

_OWN_WORDS = {word for name in FLOW for word in name.split(".")} | {"env", "run"}
RESERVED = frozenset(_OWN_WORDS)
"""Names that nobody in a scenario can have."""


@dataclass(frozen=True)
class StepName:
    """`actor` None: a step of nobody in particular. `device` None: the actor's first."""

    verb: str
    actor: str | None = None
    device: str | None = None


class UnknownStep(Exception):
    """There is no such step. `hint`: the one that was probably meant."""

    def __init__(self, text: str, hint: str | None) -> None:
        super().__init__(text)
        self.hint = hint


def parse_name(text: str, devices: dict[str, list[str]]) -> StepName:
    """Take a step's name apart; `devices`: those of each actor.

    Raises: UnknownStep.
    """
    if text in FLOW:
        return StepName(text)
    if not re.fullmatch(rf"{NAME}(\.{NAME}){{1,2}}", text):
        raise UnknownStep(f"there is no step {text!r}", did_you_mean(text, [*FLOW, "alice.send"]))
    actor, *between, verb = text.split(".")
    if actor not in devices:
        raise UnknownStep(f"nobody here is called {actor!r}", did_you_mean(actor, devices))
    if verb not in PERSONAL:
        raise UnknownStep(f"there is no step {verb!r} of a person", did_you_mean(verb, PERSONAL))
    if between and between[0] not in devices[actor]:
        hint = did_you_mean(between[0], devices[actor])
        raise UnknownStep(f"{actor} has no device {between[0]!r}", hint)
    return StepName(verb, actor, between[0] if between else None)


def shape_of(name: StepName) -> type[StepArgs]:
    """The shape of what is written behind it."""
    return FLOW[name.verb] if name.actor is None else PERSONAL[name.verb]

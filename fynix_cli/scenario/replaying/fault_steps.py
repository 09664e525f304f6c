"""Faults of a trace as the steps that they were."""

from pathlib import Path

from pydantic import ValidationError

from fynix_cli.scenario.model.catalogue import StepName
from fynix_cli.scenario.model.problems import Place
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.watching_steps import Fault, Heal
from fynix_cli.scenario.model.wording import plain_problem
from fynix_cli.scenario.replaying.trace_reading import InvalidTrace, Trace, TraceEntry

LOSING_ANSWERS = "lose_response"


def fault_step(file: Path, entry: TraceEntry) -> Step:
    """Raises: InvalidTrace."""
    verb = "heal" if "is_healed" in entry.data else "fault"
    name = StepName(verb, entry.actor, entry.device)
    try:
        args = Heal() if verb == "heal" else Fault.model_validate(entry.data["fault"])
    except ValidationError as error:
        raise InvalidTrace(file, entry.line, plain_problem(error)) from None
    if isinstance(args, Fault) and args.type == LOSING_ANSWERS:
        # Which answers got lost the trace says; none more are to.
        args = args.model_copy(update={"likely": 0.0})
    return Step(name, entry.text, str(entry.line), Place(file, entry.line, 1), args)


def fault_steps(trace: Trace) -> tuple[Step, ...]:
    """All of them: lines that they break are led through what can break them."""
    return tuple(fault_step(trace.file, it) for it in trace.of_kind("fault") if "fault" in it.data)

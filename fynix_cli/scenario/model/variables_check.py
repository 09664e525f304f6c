"""Whether every variable that a file names will have a value."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fynix_cli.scenario.model.problems import Problem, did_you_mean, nearest
from fynix_cli.scenario.model.references import names_in, texts_in
from fynix_cli.scenario.model.script import Script, Step
from fynix_cli.scenario.model.yaml_places import Located

RUN_FIELDS = ("id", "seed", "number", "stack", "server")


def check_variables(
    script: Script, located: Located, given: Iterable[str], environment: Mapping[str, str]
) -> list[Problem]:
    """A problem for each name that has no value. `given`: those of --var."""
    document = script.document
    problems = []
    for name, value in document.vars.items():
        if value is None and name not in set(given):
            place = located.place(("vars", name))
            problems.append(Problem(place, f"the variable {name!r} has no value", _how(name)))
    first = {*document.vars, *document.matrix}
    later = {*document.actors, *_saved(script.steps)}
    for path, text in texts_in(located.value):
        if path[:1] not in {("steps",), ("actors",), ("vars",), ("matrix",)}:
            continue
        known = first | later if path[0] == "steps" else first
        for reference in names_in(text):
            found = _problem_of(reference, known, environment)
            if found is not None and reference.partition(".")[0] in later:
                found = f"{reference!r} has no value before the first step", "use a `let` step"
            if found is not None:
                problems.append(Problem(located.place(path), *found))
    return [*problems, *_without_dollar(script.steps, first | later)]


def _without_dollar(steps: Iterable[Step], known: set[str]) -> Iterator[Problem]:
    """`in: dm` would ask for a conversation whose id is those two letters."""
    for step in steps:
        for field in ("in_", "message", "upto"):
            value = getattr(step.args, field, None)
            if isinstance(value, str) and value in known:
                text = f"{value!r} is a text here, and no variable"
                yield Problem(step.place, text, f"write ${value}")
        for block in step.blocks.values():
            yield from _without_dollar(block, known)


def _problem_of(
    reference: str, known: set[str], environment: Mapping[str, str]
) -> tuple[str, str | None] | None:
    root, _, rest = reference.partition(".")
    if root == "env":
        if rest in environment:
            return None
        return f"the environment has no {rest or 'name'}", f"set it: {rest}=… fynix scenario run"
    if root == "run":
        is_known = rest in RUN_FIELDS
        return None if is_known else (f"there is no run.{rest}", did_you_mean(rest, RUN_FIELDS))
    if root in known:
        return None
    hint = nearest(root, known) or "write $$ for a dollar sign"
    return f"there is no variable {root!r}", hint


def _saved(steps: Iterable[Step]) -> set[str]:
    """Every name that a step gives a value."""
    found: set[str] = set()
    for step in steps:
        args: Any = step.args
        for field in ("save", "as_"):
            name = getattr(args, field, None)
            if name is not None:
                found.add(name)
        if step.name.verb == "let":
            found |= set(args.values)
        if step.name.verb == "include":
            found |= set(args.vars)
        for block in step.blocks.values():
            found |= _saved(block)
    return found


def _how(name: str) -> str:
    return f"give it one: --var {name}=VALUE"

"""Pydantic's findings, in the words of somebody who writes scenarios."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from fynix_cli.scenario.model.problems import Problem, did_you_mean
from fynix_cli.scenario.model.yaml_places import Located, ValuePath

_KINDS = {
    "string_type": "must be a text; put it in quotes",
    "dict_type": "must be a mapping, such as {name: value}",
    "model_type": "must be a mapping, such as {name: value}",
    "model_attributes_type": "must be a mapping, such as {name: value}",
    "too_short": "must not be empty",
    "list_type": "must be a list, such as [a, b]",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
}


def problems_of(
    error: ValidationError, shape: type[BaseModel], located: Located, path: ValuePath
) -> Iterator[Problem]:
    """A problem for each finding about the value at `path`, which should have been a `shape`."""
    for finding in error.errors(include_url=False, include_input=False):
        where = tuple(it for it in finding["loc"] if not _is_branch(it))
        yield _problem(dict(finding), shape, located, (*path, *where))


def plain_problem(error: ValidationError) -> str:
    """The first finding, without a place."""
    finding: Any = error.errors(include_url=False, include_input=False)[0]
    path = ".".join(str(it) for it in finding["loc"] if not _is_branch(it))
    if finding["type"] == "value_error":
        return f"{path} {str(finding['ctx']['error']).split('|')[0]}"
    return f"{path} {_KINDS.get(finding['type'], finding['msg'])}"


def _problem(
    finding: dict[str, Any], shape: type[BaseModel], located: Located, path: ValuePath
) -> Problem:
    place, kind = located.place(path), finding["type"]
    word = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        known = _fields(shape, finding["loc"])
        return Problem(place, f"there is no {word!r} here", did_you_mean(word, known))
    if kind == "missing":
        return Problem(place, f"{word!r} is missing")
    if kind == "value_error":
        return _own(place, word.rstrip("_"), str(finding["ctx"]["error"]))
    if kind == "literal_error":
        return Problem(place, f"{word!r} must be {finding['ctx']['expected']}")
    if kind == "string_pattern_mismatch":
        how = "small letters, digits and _, beginning with a letter"
        return Problem(place, f"{word!r} cannot be called so", how)
    return Problem(place, f"{word!r} {_KINDS.get(kind, finding['msg'])}")


def _own(place: Any, word: str, text: str) -> Problem:
    # Validators give what was written and what could have been after the text.
    text, *choices = text.split("|")
    if choices:
        return Problem(place, text, did_you_mean(choices[0], choices[1].split()))
    return Problem(place, f"{word!r} {text}" if word else text)


def _is_branch(part: str | int) -> bool:
    """Whether pydantic names by it which way of a union it tried, not a place in the file."""
    return isinstance(part, str) and ("[" in part or part in {"dict", "list", "bool"})


def _fields(shape: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """What could stand where the finding is."""
    current: type[BaseModel] | None = shape
    for part in location[:-1]:
        current = _inner(current, part) if current is not None else None
    if current is None:
        return []
    return [info.alias or name for name, info in current.model_fields.items()]


def _inner(shape: type[BaseModel], part: str | int) -> type[BaseModel] | None:
    for name, info in shape.model_fields.items():
        if part in (name, info.alias):
            return _model_in(info.annotation)
    return shape if isinstance(part, int) else _only_model(shape, part)


def _only_model(shape: type[BaseModel], part: str | int) -> type[BaseModel] | None:
    # The name of an actor, between `actors` and its fields.
    return shape if part not in shape.model_fields else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None

"""Dotted paths into the JSON of a frame, such as `message.content`."""

from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import to_json
from fynix_server.protocol.frames import (
    DurableFrame,
    MessageRead,
    ServerNotice,
    Typing,
)

FRAMES: Final[Mapping[str, type[BaseModel]]] = {
    str(model.model_fields["type"].default): model
    for model in (*get_args(DurableFrame), MessageRead, Typing, ServerNotice)
}
"""The frames that one can watch for, by their type."""


class Missing(Enum):
    """The type of MISSING, so that mypy can tell it from a value."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


def look_up(item: Any, path: str) -> Any:
    """What stands at `path` in decoded JSON. In a list a number counts from 0.

    MISSING: there is nothing; null is something.
    """
    for name in path.split("."):
        if isinstance(item, Mapping) and name in item:
            item = item[name]
        elif isinstance(item, list) and _is_index(name) and int(name) < len(item):
            item = item[int(name)]
        else:
            return MISSING
    return item


def text_of(value: Any) -> str:
    """A JSON value as one writes it on a command line: text as it is, the rest as JSON."""
    return value if isinstance(value, str) else to_json(value)


def check_path(path: str, types: Collection[str]) -> tuple[Any, ...]:
    """What frames of `types` (empty: of any) have at `path`: the annotations of their shapes.

    Raises: CommandError (none of them has it, so waiting for it would take for ever).
    """
    found = _annotations(path, types)
    if found:
        return found
    whose = f"frame of type {' or '.join(sorted(types))}" if types else "frame"
    raise CommandError(
        f"no {whose} has {path!r}", hint=_mend(path, types), exit_code=ExitCode.USAGE
    )


def paths_of(types: Collection[str]) -> list[str]:
    """Every path that frames of `types` (empty: of any) have, in order of the alphabet."""
    models = (FRAMES[name] for name in types or FRAMES)
    return sorted({path for model in models for path in _paths(model)})


def _annotations(path: str, types: Collection[str]) -> tuple[Any, ...]:
    names = path.split(".")
    models = (FRAMES[name] for name in types or FRAMES)
    return tuple(found for model in models for found in _at(model, names))


def _at(annotation: Any, names: list[str]) -> Iterator[Any]:
    for one in _alternatives(annotation):
        if not names:
            yield one
        elif is_shape(one) and names[0] in one.model_fields:
            yield from _at(one.model_fields[names[0]].annotation, names[1:])
        elif get_origin(one) is list and _is_index(names[0]):
            yield from _at(get_args(one)[0], names[1:])


def is_shape(annotation: Any) -> bool:
    """Whether it is one of our shapes, so an object in JSON."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _alternatives(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return [one for each in get_args(annotation) for one in _alternatives(each)]
    return [annotation]


def _paths(annotation: Any) -> Iterator[str]:
    for one in _alternatives(annotation):
        if get_origin(one) is list:
            yield from (f"0.{below}" for below in _paths(get_args(one)[0]))
        elif is_shape(one):
            for name, field in one.model_fields.items():
                yield name
                yield from (f"{name}.{below}" for below in _paths(field.annotation))


def _mend(path: str, types: Collection[str]) -> str:
    elsewhere = [name for name in FRAMES if _annotations(path, {name})]
    if elsewhere:
        return f"it is in frames of type {', '.join(elsewhere)}"
    near = _nearest(path, paths_of(types))
    if near is not None:
        return f"did you mean {near}?"
    there = [it for it in paths_of(types) if "." not in it]
    return f"there are: {', '.join(there)}"


def _nearest(path: str, paths: list[str]) -> str | None:
    # By the last name first: what is forgotten or mistaken is mostly what stands before it.
    names = {_last(it) for it in paths}
    last = [_last(path)] if _last(path) in names else get_close_matches(_last(path), names)
    candidates = [it for it in paths if _last(it) in last]
    return max(candidates, key=lambda it: SequenceMatcher(None, path, it).ratio(), default=None)


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdecimal()

"""The variables of a scenario while it is played."""

import json
import os
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from fynix_cli.scenario.model.references import REFERENCE
from fynix_cli.scenario.model.values import RESOLVED, Args

ArgsT = TypeVar("ArgsT", bound=Args)


class Unresolved(Exception):
    """A reference leads nowhere. The text says how far it led, and what there is."""


class Scope:
    """Values by name. What is `set` is there for all; what a `child` begins with, only in it."""

    def __init__(self, values: Mapping[str, Any], parent: "Scope | None" = None) -> None:
        self._values = dict(values)
        self._parent = parent

    def child(self, values: Mapping[str, Any]) -> "Scope":
        return Scope(values, self)

    def set(self, name: str, value: Any) -> None:
        if self._parent is not None:
            self._parent.set(name, value)
        else:
            self._values[name] = value

    @property
    def values(self) -> Mapping[str, Any]:
        """Those that are there for all."""
        return self._values if self._parent is None else self._parent.values

    def resolve(self, value: Any) -> Any:
        """`value` with every reference within replaced. A text that is nothing but a reference
        becomes what it refers to; in a longer text it is shown as text.

        Raises: Unresolved.
        """
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        return value

    def filled_in(self, args: ArgsT) -> ArgsT:
        """`args` with every reference replaced. Raises: Unresolved, ValidationError."""
        values = self.resolve(args.model_dump(by_alias=True, exclude_unset=True))
        return type(args).model_validate(values, context=RESOLVED)

    def look_up(self, path: str) -> Any:
        """What `name.field.0` refers to. Raises: Unresolved."""
        name, *parts = path.split(".")
        if name == "env":
            return self._environment(".".join(parts))
        current = self._root(name)
        walked = name
        for part in parts:
            current = _field(current, part, walked)
            walked += f".{part}"
        return current

    def _root(self, name: str) -> Any:
        scope: Scope | None = self
        while scope is not None:
            if name in scope._values:
                return scope._values[name]
            scope = scope._parent
        raise Unresolved(f"${name} has no value yet")

    def _environment(self, name: str) -> str:
        if name not in os.environ:
            raise Unresolved(f"the environment has no {name}")
        return os.environ[name]

    def _text(self, text: str) -> Any:
        whole = REFERENCE.fullmatch(text)
        if whole is not None and whole["dollar"] is None:
            return self.look_up(_path(whole))
        return REFERENCE.sub(
            lambda it: "$" if it["dollar"] else _shown(self.look_up(_path(it))), text
        )


def _path(matched: re.Match[str]) -> str:
    path: str = matched["braced"] if matched["braced"] is not None else matched["bare"]
    return path.strip()


def _field(value: Any, part: str, walked: str) -> Any:
    if isinstance(value, Mapping) and part in value:
        return value[part]
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    if isinstance(value, Mapping):
        raise Unresolved(f"${walked} has no {part!r}; it has {', '.join(map(str, value))}")
    if isinstance(value, list):
        raise Unresolved(f"${walked} has {len(value)} items; there is no {part!r}")
    raise Unresolved(f"${walked} is {_shown(value)!r}, which has no {part!r}")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping) and "id" in value:
        return str(value["id"])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""References to variables in texts: `$name.path`, `${name.path}`, and `$$` for a dollar sign."""

import re
from collections.abc import Iterator
from typing import Any

from fynix_cli.scenario.model.yaml_places import ValuePath

REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<braced>[^{}]*)\}|(?P<bare>[a-z_][a-z0-9_]*(?:\.[A-Za-z0-9_]+)*))"
)


def names_in(text: str) -> Iterator[str]:
    """Every reference in `text`, as its dotted path."""
    for matched in REFERENCE.finditer(text):
        if matched["dollar"] is None:
            yield (matched["braced"] if matched["braced"] is not None else matched["bare"]).strip()


def texts_in(value: Any, path: ValuePath = ()) -> Iterator[tuple[ValuePath, str]]:
    """Every text within `value`, keys of mappings included, and where it stands."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key), str(key)
            yield from texts_in(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts_in(item, (*path, index))

"""Ids by the names that a scenario gives them: `$dm.id` says more than a UUID."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
DEPTH = 4
"""So deep in what was saved names are looked for: `$page.messages.0.id`."""


def names_of_ids(values: Mapping[str, Any]) -> dict[str, str]:
    """By id what refers to it, written as in a file; the shortest way there is."""
    found: dict[str, str] = {}
    level = [(f"${name}", value) for name, value in values.items()]
    for _ in range(DEPTH):
        for path, value in level:
            if isinstance(value, str) and ID.fullmatch(value):
                found.setdefault(value, path)
        level = [it for path, value in level for it in _within(path, value)]
    return found


def _within(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"{path}.{name}", item) for name, item in value.items())
    elif isinstance(value, list):
        yield from ((f"{path}.{index}", item) for index, item in enumerate(value))

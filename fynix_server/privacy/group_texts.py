"""Who wrote a group's name and description, told from its events. No database."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fynix_server.event_log.frames import encode_payload
from fynix_server.privacy.tombstones import GROUP_NAME

NAMING_EVENTS = ("conversation_created", "conversation_updated")
_REPLACEMENTS: dict[str, str | None] = {"name": GROUP_NAME, "description": None}


@dataclass(frozen=True, slots=True)
class NamingEvent:
    """An event that says what a group is called."""

    seq: int
    actor_id: UUID | None
    type: str
    payload: str


@dataclass
class Authorship:
    """What somebody wrote of it. `current`: their texts that hold at the end, by field.

    `rewritten`: the events that hold their texts, without these, the newest first. In that order
    they may be stored one by one: as long as an older one still has the text, looking again
    finds whose it is.
    """

    current: dict[str, str] = field(default_factory=dict)
    rewritten: list[tuple[int, str]] = field(default_factory=list)


def texts_by(author_id: UUID, events: Iterable[NamingEvent]) -> Authorship:
    """Which names and descriptions are by `author_id`; `events` are all of them, oldest first.

    Each event says both; whoever changed one has repeated the other, which somebody else wrote.
    """
    found = Authorship()
    values: dict[str, Any] = {}
    authors: dict[str, UUID | None] = {}
    for event in events:
        payload = _read(event)
        texts = None if payload is None else _texts_in(event.type, payload)
        if payload is None or texts is None:
            continue
        for name in _REPLACEMENTS:
            if name not in values or texts.get(name) != values[name]:
                values[name], authors[name] = texts.get(name), event.actor_id
        theirs = [name for name in _REPLACEMENTS if authors[name] == author_id]
        if _replace(texts, theirs):
            found.rewritten.insert(0, (event.seq, encode_payload(payload)))
    found.current = {
        name: values[name]
        for name in values
        if authors[name] == author_id and values[name] not in (None, _REPLACEMENTS[name])
    }
    return found


def replacement_of(name: str) -> str | None:
    """What stands in the place of a `name` or a `description`."""
    return _REPLACEMENTS[name]


def _read(event: NamingEvent) -> dict[str, Any] | None:
    try:
        payload = json.loads(event.payload)
    except ValueError:
        return None
    return payload if isinstance(payload, dict) else None


def _texts_in(event_type: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    texts = payload.get("conversation") if event_type == "conversation_created" else payload
    return texts if isinstance(texts, dict) and "name" in texts else None


def _replace(texts: dict[str, Any], names: Sequence[str]) -> bool:
    changed = [it for it in names if texts.get(it) not in (None, _REPLACEMENTS[it])]
    for name in changed:
        texts[name] = _REPLACEMENTS[name]
    return bool(changed)

"""What a scenario's words mean to the server: the ids behind `$dm`, `$m1` and `bob`."""

from collections.abc import Mapping
from typing import Any

from fynix_cli.scenario.playing.failures import CannotPlay
from fynix_cli.scenario.playing.play import Play


def conversation_id(value: Any) -> str:
    """Raises: CannotPlay (it is no conversation)."""
    if isinstance(value, Mapping):
        value = value.get("conversation_id") or value.get("id")
    if not isinstance(value, str):
        raise CannotPlay(f"{value!r} is no conversation", hint="save one: {save: dm}")
    return value


def message_of(value: Any) -> tuple[str, str]:
    """The ids of a message's conversation and of itself; also of an event that carries one.

    Raises: CannotPlay (it is no message).
    """
    if isinstance(value, Mapping):
        inner = value.get("message")
        message = inner if isinstance(inner, Mapping) else value
        of, own = message.get("conversation_id"), message.get("id") or message.get("message_id")
        if isinstance(of, str) and isinstance(own, str):
            return of, own
    raise CannotPlay(f"{value!r} is no message", hint="save one: {save: m1}")


def message_id(value: Any) -> str:
    """The same of the message alone, of which the bare id does. Raises: CannotPlay."""
    return value if isinstance(value, str) else message_of(value)[1]


def user_id(play: Play, name: str) -> str:
    """Of an actor; anything else is taken for an id."""
    found = play.people.get(name)
    return found.user_id if found is not None else name

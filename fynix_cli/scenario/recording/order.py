"""Recorded happenings in the order in which they can be done again."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from fynix_cli.scenario.recording.tape import Happening
from fynix_server.protocol.frames import ConversationCreated, MessageRead, NewMessage


def in_order(happenings: Iterable[Happening]) -> list[tuple[float, Happening]]:
    """Each with the moment at which it stands, in that order: as they were first seen, except
    that nothing stands before what it rests on.

    Several people watch, each over a line of their own, so a later number may be seen by one
    before an earlier one is seen by another; and a receipt may overtake its message.
    """
    all_ = list(happenings)
    moments = _numbered(all_)
    sources = _sources(all_, moments)
    found = []
    for index, it in enumerate(all_):
        moment = moments.get(id(it), it.at)
        if it.seq is None:
            moment = max([moment, *sources[it.conversation_id], *sources[_about(it)]])
        # What rests on something stands after it, also at the same moment.
        found.append((moment, it.seq is None, it.seq or 0, index, it))
    found.sort(key=lambda row: row[:4])
    return [(moment, it) for moment, *_, it in found]


def _numbered(happenings: list[Happening]) -> dict[int, float]:
    """The moments of those with a number: none later than that of a higher one."""
    by_conversation: dict[UUID, list[Happening]] = defaultdict(list)
    for it in happenings:
        if it.seq is not None:
            by_conversation[it.conversation_id].append(it)
    moments = {}
    for group in by_conversation.values():
        earliest = float("inf")
        for it in sorted(group, key=lambda one: one.seq or 0, reverse=True):
            earliest = min(earliest, it.at)
            moments[id(it)] = earliest
    return moments


def _sources(happenings: list[Happening], moments: dict[int, float]) -> dict[Any, list[float]]:
    """When what others rest on was there: by the conversation's id, and by the message's."""
    found: dict[Any, list[float]] = defaultdict(list)
    for it in happenings:
        if isinstance(it.frame, ConversationCreated):
            found[it.conversation_id].append(moments[id(it)])
        elif isinstance(it.frame, NewMessage):
            found[it.frame.message.id].append(moments[id(it)])
    return found


def _about(happening: Happening) -> UUID | None:
    frame = happening.frame
    return frame.message_id if isinstance(frame, MessageRead) else None

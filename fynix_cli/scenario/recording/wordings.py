"""What messages said at each moment, as far as it is known."""

from collections.abc import Sequence
from uuid import UUID

from fynix_cli.scenario.recording.tape import Happening
from fynix_server.protocol.frames import MessageUpdated, NewMessage

UNKNOWN = "what it said before edit {number} is not known"


def contents(happenings: Sequence[Happening]) -> dict[int, str]:
    """By the `id` of each happening that is a message or an edit, in their order, what it says.

    One that was told after a gap says what the message says now. An edit that changes nothing is
    announced to nobody, so where an edit says what was said before, that was something else.
    """
    found: dict[int, str] = {}
    latest: dict[UUID, list[int]] = {}
    for it in happenings:
        if not isinstance(it.frame, NewMessage | MessageUpdated):
            continue
        message = it.frame.message
        found[id(it)] = message.content
        before = latest.setdefault(message.id, [])
        if before and found[before[-1]] == message.content:
            found[before[-1]] = UNKNOWN.format(number=len(before))
        before.append(id(it))
    return found

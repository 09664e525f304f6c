"""What stands in the place of an erased person, and of what they wrote. No database."""

import json
from typing import Any
from uuid import UUID

from fynix_server.event_log.frames import encode_payload

DISPLAY_NAME = "deleted user"
GROUP_NAME = "unnamed group"
PASSWORD_HASH = "!"  # noqa: S105 - the hash of no password
USERNAME_PREFIX = "deleted~"
"""No registered name has a tilde, so that none can be taken for a tombstone, or be in its way."""


def tombstone_username(erasure_id: UUID) -> str:
    """Of the random half of the erasure's id: made from nothing that would tell whose it was."""
    return USERNAME_PREFIX + erasure_id.hex[16:]


def without_person(event_type: str, payload: str, user_id: UUID, username: str) -> str | None:
    """The payload of an event with `username` and tombstones in the place of somebody's names.

    None: it does not name them, or cannot be read.
    """
    if str(user_id) not in payload:
        return None
    try:
        fields = json.loads(payload)
        people = _people_of(event_type, fields)
        named = [it for it in people if it["user_id"] == str(user_id)]
    except (ValueError, KeyError, TypeError):
        return None
    for person in named:
        person |= {"username": username, "display_name": DISPLAY_NAME, "avatar_url": None}
    cleaned = encode_payload(fields)
    return cleaned if named and cleaned != payload else None


def _people_of(event_type: str, fields: dict[str, Any]) -> list[dict[str, Any]]:
    if event_type == "participant_added":
        return [fields["participant"]]
    if event_type == "conversation_created":
        return list(fields["conversation"]["participants"])
    return []

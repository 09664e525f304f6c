"""Who takes part in a conversation, and who wants nothing from whom: what every feature shares."""

from fynix_server.membership.blocks import blocked_among, is_blocked_by, severed_from
from fynix_server.membership.heirs import Heir, find_heir
from fynix_server.membership.joining import lock_people
from fynix_server.membership.members import (
    NOBODY,
    Members,
    MembersCache,
    active_member_ids,
    active_member_ids_now,
    load_members,
    load_members_now,
)
from fynix_server.membership.parts import (
    PARTICIPANT_COLUMNS,
    UNREAD_PARTICIPANT_COLUMNS,
    Membership,
    load_membership,
    participant_response,
)
from fynix_server.membership.readings import SHOWN_READING

__all__ = [
    "NOBODY",
    "PARTICIPANT_COLUMNS",
    "SHOWN_READING",
    "UNREAD_PARTICIPANT_COLUMNS",
    "Heir",
    "Members",
    "MembersCache",
    "Membership",
    "active_member_ids",
    "active_member_ids_now",
    "blocked_among",
    "find_heir",
    "is_blocked_by",
    "load_members",
    "load_members_now",
    "load_membership",
    "lock_people",
    "participant_response",
    "severed_from",
]

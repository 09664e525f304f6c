"""What may be sent and by whom, kept in memory so that sending asks no query about it.

The send path asks it; the features of moderation change it, in the database and then here.
"""

from fynix_server.policy.limit_queries import OwnLimit, clear_overrides, own_limits, set_override
from fynix_server.policy.policy import Policy
from fynix_server.policy.queries import move_policy_version
from fynix_server.policy.retention import Horizon, Retention, shows_all
from fynix_server.policy.review import (
    ContentRejected,
    HiddenBecause,
    Muted,
    Review,
    cannot_message_user,
    refusal_to_write,
    require_voice,
    review_message,
)
from fynix_server.policy.snapshot import RestrictionKind, Restrictions, Snapshot
from fynix_server.policy.standing import require_active, status_at

__all__ = [
    "ContentRejected",
    "HiddenBecause",
    "Horizon",
    "Muted",
    "OwnLimit",
    "Policy",
    "RestrictionKind",
    "Restrictions",
    "Retention",
    "Review",
    "Snapshot",
    "cannot_message_user",
    "clear_overrides",
    "move_policy_version",
    "own_limits",
    "refusal_to_write",
    "require_active",
    "require_voice",
    "review_message",
    "set_override",
    "shows_all",
    "status_at",
]

"""One version of the policy, as it stands in memory. Never changed: a newer one takes its place."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from fynix_server.policy.content_filter import Rule
from fynix_server.policy.retention import Retention
from fynix_server.rate_limit import Overrides

RestrictionKind = Literal["muted", "shadow_limited", "held"]
RESTRICTION_KINDS: tuple[RestrictionKind, ...] = get_args(RestrictionKind)


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What one person may not do. By kind until when; None: until it is lifted."""

    until: dict[str, datetime | None] = field(default_factory=dict)

    def holds(self, kind: RestrictionKind, now: datetime) -> bool:
        """Whether it is in force at `now`; past its end it holds no more, without anybody's act."""
        if kind not in self.until:
            return False
        until = self.until[kind]
        return until is None or now < until


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`restrictions`, `limit_overrides`: only of those who have some. `rules`: those that are
    enabled, by name."""

    version: int = -1
    restrictions: dict[UUID, Restrictions] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    limit_overrides: Overrides = field(default_factory=dict)
    retention: Retention = field(default_factory=Retention)


NOT_LOADED = Snapshot()
"""Before the database has answered."""

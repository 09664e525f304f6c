"""What every act on a person has in common: the lock, the power, the record."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import lock_person
from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.moderation import queries
from fynix_server.moderation.looking import described
from fynix_server.moderation.queries import ModeratedPerson
from fynix_server.policy import move_policy_version
from fynix_server.protocol.fields import rfc3339
from fynix_server.protocol.moderation import (
    ActRequest,
    UserActResponse,
)
from fynix_server.resources import Resources

Restrictions = dict[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Change:
    """What an act has changed: for the audit log."""

    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OnPerson:
    """The transaction of an act, and the locked person that it is about."""

    connection: AsyncConnection
    person: ModeratedPerson
    restrictions: Restrictions
    now: datetime

    @property
    def status(self) -> str:
        return self.person.status_at(self.now)


Apply = Callable[[OnPerson], Awaitable[Change]]


async def act_on_person(
    resources: Resources, acting: Acting, user_id: UUID, request: ActRequest, apply: Apply
) -> UserActResponse:
    """Let `apply` change a person, and record it; nothing where either is refused.

    Raises: NotFound, InvalidInput (oneself), NotPermitted (their role is too high), whatever
    `apply` raises.
    """
    now = resources.clock()
    audit_seq: int | None = None
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        await lock_person(connection, acting, user_id, now)
        person = await queries.load_person(connection, user_id)
        restrictions = (await queries.restrictions_of(connection, [user_id], now))[user_id]
        change = await apply(OnPerson(connection, person, restrictions, now))
        await move_policy_version(connection)
        people = await described(connection, [user_id], now)
        act = Act(acting.act, "user", str(user_id), change.before, change.after, request.reason)
        audit_seq = await record_act(connection, acting.actor, act, now)
    if not request.dry_run:
        resources.event_bus.publish_control({"type": "account_changed", "user_id": str(user_id)})
        await resources.policy.apply_change()
    return UserActResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        user=people[0],
    )


def moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)

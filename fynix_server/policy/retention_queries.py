"""The SQL behind retention: the policies, and what of messages they let show. Never commits."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.policy.retention import Horizon, Retention
from fynix_server.tables import Message, RetentionPolicy

CLOCK_SKEW = timedelta(seconds=60)
"""As far as times of sending and numbers may disagree: the reconciler allows as much."""


async def load_retention(connection: AsyncConnection) -> Retention:
    """All policies, as the database has them now."""
    days: dict[UUID, int] = {}
    server_days: int | None = None
    query = select(RetentionPolicy.conversation_id, RetentionPolicy.days)
    for conversation_id, kept_days in await connection.execute(query):
        if conversation_id is None:
            server_days = kept_days
        else:
            days[conversation_id] = kept_days
    return Retention(server_days, days)


def shown_of(horizon: Horizon, conversation_id: UUID) -> list[ColumnElement[bool]]:
    """Conditions on `Message` in one conversation; none where everything is shown.

    Times decide. Numbers only keep a page from walking through all that has expired: there is
    one lookup of where it ends. Index: idx_messages_conversation_created.
    """
    cutoff = horizon.of(conversation_id)
    if cutoff is None:
        return []
    sent = Message.__table__.alias("sent").c
    last_expired = (
        select(sent.seq)
        .where(sent.conversation_id == conversation_id, sent.created_at < cutoff - CLOCK_SKEW)
        .order_by(sent.created_at.desc())
        .limit(1)
    )
    after = func.coalesce(last_expired.scalar_subquery(), 0)
    return [Message.created_at >= cutoff, Message.seq > after]


def shown_of_each(
    horizon: Horizon, conversation_ids: Collection[UUID]
) -> list[ColumnElement[bool]]:
    """The same for `Message` in any of these; one comparison for each policy among them."""
    if horizon.is_open:
        return []
    by_cutoff: dict[datetime | None, list[UUID]] = defaultdict(list)
    for conversation_id in conversation_ids:
        by_cutoff[horizon.of(conversation_id)].append(conversation_id)
    if len(by_cutoff) == 1:
        (cutoff,) = by_cutoff
        return [] if cutoff is None else [Message.created_at >= cutoff]
    shown: list[Any] = []
    for cutoff, ids in by_cutoff.items():
        is_theirs = Message.conversation_id.in_(ids)
        shown.append(is_theirs if cutoff is None else and_(is_theirs, Message.created_at >= cutoff))
    return [or_(*shown)]

"""The signals of one person, out of the database."""

import asyncio
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.database import Database
from fynix_server.errors import NotFound
from fynix_server.spam import queries
from fynix_server.spam.conduct import (
    OPENINGS_SPAN,
    TEXTS_SPAN,
    Complaints,
    Conduct,
    Opening,
    Sent,
    signals_of,
)
from fynix_server.spam.signals import Signals


async def gather_signals(
    database: Database, user_id: UUID, now: datetime, complaints: Complaints
) -> Signals:
    """The signals of that person as of `now`: three queries, then a comparison in a thread.

    Texts are as they are now: of an edited message, what it says since.

    Raises: NotFound (no such person), Unavailable.
    """
    async with database.read() as connection:
        conduct = await _load_conduct(connection, user_id, now)
    # Up to a second for 500 long texts full of links, and nothing of it waits for the database.
    return await asyncio.to_thread(signals_of, conduct, complaints, now)


async def _load_conduct(connection: AsyncConnection, user_id: UUID, now: datetime) -> Conduct:
    created_at = await queries.account_created_at(connection, user_id)
    if created_at is None:
        raise NotFound("There is no such person.", code="user_not_found")
    sent = await queries.sent_since(connection, user_id, now - TEXTS_SPAN)
    openings = await queries.openings_since(connection, user_id, now - OPENINGS_SPAN)
    return Conduct(
        account_created_at=created_at,
        sent=[Sent(it.conversation_id, it.created_at, it.content) for it in sent],
        openings=[
            Opening(
                it.created_at,
                it.content,
                is_answered=bool(it.is_answered),
                is_hidden=it.hidden_because is not None,
            )
            for it in openings
        ],
    )

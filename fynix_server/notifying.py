"""Telling one person something: kept among their notices, and said at once where they are."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.event_bus import EventBus
from fynix_server.tables import Notice, new_id

NoticeKind = Literal["warning", "restriction", "report_outcome"]


async def add_notice(
    connection: AsyncConnection, user_id: UUID, kind: NoticeKind, detail: str, now: datetime
) -> None:
    """Keep it for them, in the transaction of what it is about; then `announce_notice`."""
    row = {"id": new_id(), "user_id": user_id, "kind": kind, "detail": detail, "created_at": now}
    await connection.execute(insert(Notice), row)


def announce_notice(event_bus: EventBus, user_id: UUID, detail: str) -> None:
    """Say it to their connections, on every instance. After the commit."""
    event_bus.publish_control({"type": "notice", "user_id": str(user_id), "detail": detail})

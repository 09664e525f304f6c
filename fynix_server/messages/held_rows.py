"""The rows of messages that wait for a moderator."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.protocol.messages import MessageResponse
from fynix_server.tables import HeldMessage


def held_row(message: MessageResponse, rules: Sequence[str]) -> dict[str, Any]:
    """A message that a moderator is to look at; without rules it is its sender who is held."""
    return {
        "message_id": message.id,
        "sender_id": message.sender_id,
        "cause": "filter" if rules else "restriction",
        "rules": json.dumps(list(rules)),
        "created_at": message.created_at,
    }


def insert_held(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    connection.execute(insert(HeldMessage), rows)


async def withdraw_held(connection: AsyncConnection, message_id: UUID, now: datetime) -> None:
    """Nobody need look at it any more: its sender has deleted it. Index: pk_held_messages."""
    await connection.execute(
        update(HeldMessage)
        .where(HeldMessage.message_id == message_id, HeldMessage.status == "waiting")
        .values(status="withdrawn", decided_at=now)
    )

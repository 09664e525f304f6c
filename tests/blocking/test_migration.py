"""Blocks that were made when how far somebody had read was kept once for all who sees them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import MetaData, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_cli.stack.postgres import Postgres
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance import schema
from fynix_server.settings import Settings, load_settings
from fynix_server.tables import (
    Block,
    Conversation,
    ConversationParticipant,
    SeveredReading,
    User,
)
from tests.stacks import create_database, drop_database

ALICE, BOB, CAROL, GROUP, READ = (UUID(int=it) for it in range(1, 6))


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database without any table."""
    if request.param == "sqlite":
        yield load_settings(data_dir=tmp_path)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"old_{uuid4().hex}"
    url = asyncio.run(create_database(postgres, name))
    yield load_settings(database_url=url, data_dir=tmp_path, jwt_secret_key="s" * 40)
    asyncio.run(drop_database(postgres, name))


async def _old_participants(connection: AsyncConnection) -> Table:
    """As the step before had it."""
    name = ConversationParticipant.__tablename__
    metadata = MetaData()
    await connection.run_sync(metadata.reflect, only=[name])
    table = metadata.tables[name]
    for column in table.columns:  # SQLite says of an id only that it is text
        if column.name in ConversationParticipant.__table__.columns:
            column.type = ConversationParticipant.__table__.columns[column.name].type
    table.columns["severed_read_message_id"].type = User.id.type
    return table


async def test_a_block_from_before_goes_on_hiding_what_it_hid(empty: Settings) -> None:
    await schema.upgrade(empty, "0009_spam")
    database = Database(empty)
    async with database.write() as connection:
        people = [
            {"id": id_, "username": name, "display_name": name, "password_hash": "x"}
            for id_, name in ((ALICE, "alice"), (BOB, "bob"), (CAROL, "carol"))
        ]
        await connection.execute(insert(User), people)
        await connection.execute(insert(Conversation), {"id": GROUP, "is_group": True})
        block = {"blocker_id": ALICE, "blocked_id": BOB, "created_at": utc_now()}
        await connection.execute(insert(Block), block)
        parts: list[dict[str, Any]] = [
            {"user_id": ALICE, "severed_read_seq": 7, "severed_read_message_id": READ},
            {"user_id": BOB, "severed_read_seq": 0, "severed_read_message_id": None},
            {"user_id": CAROL, "severed_read_seq": None, "severed_read_message_id": None},
        ]
        table = await _old_participants(connection)
        rows = [{"conversation_id": GROUP, **it} for it in parts]
        await connection.execute(insert(table), rows)

    await schema.upgrade(empty)

    async with database.read() as connection:
        columns = SeveredReading.__table__.columns
        query = select(*columns).order_by(SeveredReading.viewer_id)
        found = [tuple(row) for row in await connection.execute(query)]
    await database.close()
    assert found == [(ALICE, BOB, GROUP, 0, None), (BOB, ALICE, GROUP, 7, READ)]

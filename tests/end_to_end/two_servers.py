"""Two server processes on one Postgres and one Valkey, and people who use the client library."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from fynix_cli.client.http import Call, HttpClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from fynix_cli.stack.postgres import Postgres
from fynix_cli.stack.valkey import Valkey
from tests.conftest import COMMON, TEMPLATE
from tests.end_to_end.server_process import ServerProcess, environment
from tests.people import PASSWORD
from tests.stacks import create_database, drop_database

Stored = tuple[UUID, int, str]
"""Conversation, number and text of a message."""


@dataclass(frozen=True)
class TwoServers:
    """`servers` share the database at `database_url`; both are ready."""

    servers: tuple[ServerProcess, ServerProcess]
    database_url: str

    @property
    def ports(self) -> list[int]:
        return [urlsplit(it.url).port or 0 for it in self.servers]

    async def stored(self) -> list[Stored]:
        """Every message in the database, in order within its conversation."""
        query = "SELECT conversation_id, seq, content FROM messages ORDER BY 1, 2"
        engine = create_async_engine(self.database_url)
        try:
            async with engine.connect() as connection:
                rows = (await connection.execute(text(query))).all()
        finally:
            await engine.dispose()
        return [(UUID(str(row[0])), row[1], row[2]) for row in rows]


@asynccontextmanager
async def two_servers(
    postgres: Postgres, valkey: Valkey, folder: Path
) -> AsyncIterator[TwoServers]:
    """Start them without rate limits; kill what is left of them at the end."""
    name = f"test_{uuid4().hex}"
    url = await create_database(postgres, name, TEMPLATE)
    env = environment(
        folder,
        DATABASE_URL=url,
        REDIS_URL=valkey.url(1),
        JWT_SECRET_KEY=COMMON["jwt_secret_key"],
        FYNIX_RATE_LIMITS="off",
    )
    first, second = await asyncio.gather(ServerProcess.start(env), ServerProcess.start(env))
    try:
        yield TwoServers((first, second), url)
    finally:
        await asyncio.gather(first.kill(), second.kill())
        await drop_database(postgres, name)


class Member:
    """Somebody with an account, who talks by the client library to `url`."""

    def __init__(self, rest: RestClient, name: str, user_id: UUID) -> None:
        self.rest = rest
        self.name = name
        self.user_id = user_id

    @classmethod
    async def register(cls, url: str, name: str) -> "Member":
        tokens = MemoryTokens()
        rest = RestClient(HttpClient(url, tokens))
        answer = await rest.register(name, PASSWORD)
        tokens.save(TokenPair(answer.access_token, answer.refresh_token))
        return cls(rest, name, answer.user.id)

    async def make_group(self, name: str, *others: "Member") -> UUID:
        """The id of a group of theirs and the others."""
        body = {"name": name, "participant_ids": [str(it.user_id) for it in others]}
        answer = await self.rest.http.send(Call("POST", "/api/conversations", body=body))
        return UUID(answer.json()["id"])

    async def send(self, conversation_id: UUID, content: str) -> Stored:
        message = await self.rest.send_message(conversation_id, content)
        return conversation_id, message.seq, content

"""What every schedule begins from: a database with three people in three conversations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from fynix_server.accounts.passwords import PasswordHasher
from fynix_server.auth import Principal
from fynix_server.clock import utc_now
from fynix_server.connections import Connections
from fynix_server.conversations.service import create_group, open_dm
from fynix_server.event_bus import Envelope, EventBus
from fynix_server.logs import configure_logs
from fynix_server.membership import MembersCache
from fynix_server.messages.retry_lookup import RetryLookup
from fynix_server.messages.writer import MessageWriter
from fynix_server.policy import Policy, Snapshot
from fynix_server.protocol.conversations import ConversationCreate
from fynix_server.rate_limit import RateLimiter
from fynix_server.redis_client import open_redis
from fynix_server.resources import Resources
from fynix_server.session_cache import SessionCache
from fynix_server.settings import Settings
from fynix_server.spam.suspects import Suspects
from fynix_server.tables import TABLES, User, new_id
from fynix_server.tokens import TokenSigner
from tests.sockets.interleaving.gated_database import GatedDatabase

Rows = list[tuple[Any, ...]]
Publish = Any


class Ground:
    """A database that goes back to how it began, and the resources of instances on it."""

    def __init__(
        self, settings: Settings, database: GatedDatabase, undelayed: GatedDatabase
    ) -> None:
        self.database = database
        self.undelayed = undelayed
        """The same file, whose answers no scheduler holds back."""
        self.people = {name: _principal(name) for name in ("alice", "bob", "carol")}
        self.beginning: list[Envelope] = []
        """What was published before any schedule."""
        self._rows: dict[str, Rows] = {}
        self._bare = _resources(settings, database)

    def instance(self) -> Resources:
        """An instance that nobody is connected to, and that hears nothing yet."""
        bus = EventBus(self._bare.redis)
        return replace(self._bare, event_bus=bus, connections=Connections(100))

    def other_instance(self) -> Resources:
        """One that changes things, each in one step: what it reads meanwhile waits for nobody."""
        return replace(self.instance(), database=self.undelayed)

    async def prepare(self) -> None:
        """Make the people and what they share: alice and bob talk, carol owns a group with alice
        and one with all three."""
        with self.database.writer.begin() as connection:
            connection.execute(insert(User), [_user_row(it) for it in self.people.values()])
        resources = self.instance()
        resources.event_bus.connect(self.beginning.append, lambda _: None, lambda: None)
        alice, bob, carol = (it.user_id for it in self.people.values())
        await open_dm(resources, alice, bob)
        for members in ([carol], [bob, carol]):
            wanted = ConversationCreate(name="group", participant_ids=members)
            await create_group(resources, alice, wanted)
        with self.database.writer.connect() as connection:
            for table in TABLES:
                rows = connection.exec_driver_sql(f"SELECT * FROM {table.name}")  # noqa: S608
                self._rows[table.name] = [tuple(row) for row in rows]
        self.database.gates.are_in_use = True

    def restore(self) -> None:
        """Bring the database back to where `prepare` left it."""
        with self.database.writer.begin() as connection:
            for table in reversed(TABLES):
                connection.exec_driver_sql(f"DELETE FROM {table.name}")  # noqa: S608
            for table in TABLES:
                rows = self._rows[table.name]
                if rows:
                    places = ", ".join("?" * len(rows[0]))
                    statement = f"INSERT INTO {table.name} VALUES ({places})"  # noqa: S608
                    connection.exec_driver_sql(statement, rows)


@asynccontextmanager
async def prepared_ground(settings: Settings) -> AsyncIterator[Ground]:
    """On the migrated SQLite database of `settings`."""
    configure_logs(settings)
    database = GatedDatabase(settings, settings.data_dir / "fynix.db")
    undelayed = GatedDatabase(settings, settings.data_dir / "fynix.db")
    ground = Ground(settings, database, undelayed)
    try:
        await ground.prepare()
        yield ground
    finally:
        await database.close()
        await undelayed.close()


def _resources(settings: Settings, database: GatedDatabase) -> Resources:
    redis = open_redis(settings)
    event_bus = EventBus(redis)
    return Resources(
        settings=settings,
        clock=utc_now,
        database=database,
        redis=redis,
        event_bus=event_bus,
        connections=Connections(1),
        limiter=RateLimiter(redis, settings, utc_now),
        tokens=TokenSigner(settings.secret_key(), settings.jwt_expire_minutes, utc_now),
        sessions=SessionCache(),
        members=MembersCache(),
        policy=Policy(database, event_bus, utc_now, Snapshot(version=0)),
        passwords=PasswordHasher(settings),
        message_writer=MessageWriter(
            database, MembersCache(), utc_now, queue_size=1, announce=lambda stored: None
        ),
        retry_lookup=RetryLookup(database),
        suspects=Suspects(),
    )


def _principal(name: str) -> Principal:
    until = utc_now() + timedelta(days=1)
    return Principal(new_id(), new_id(), "user", name, until)


def _user_row(person: Principal) -> dict[str, Any]:
    return {
        "id": person.user_id,
        "username": person.username,
        "display_name": person.username,
        "password_hash": "!",
    }

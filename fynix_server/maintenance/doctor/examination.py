"""Looking at a whole database in one moment of it, and mending it conversation by conversation."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from fynix_server.audit import Act, Actor, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.doctor.accounts import ACCOUNTS
from fynix_server.maintenance.doctor.counting import COUNTING
from fynix_server.maintenance.doctor.invariant import Finding, Invariant
from fynix_server.maintenance.doctor.membership import MEMBERSHIP
from fynix_server.maintenance.doctor.moderation import MODERATION
from fynix_server.maintenance.doctor.reading import READING
from fynix_server.maintenance.doctor.storage import STORAGE
from fynix_server.maintenance.schema_errors import explained
from fynix_server.settings import Settings
from fynix_server.tables import Conversation

INVARIANTS: tuple[Invariant, ...] = (
    *STORAGE,
    *ACCOUNTS,
    *COUNTING,
    *MEMBERSHIP,
    *READING,
    *MODERATION,
)

Advance = Callable[[int], None]
MEND = "data.mend"
"""The action of an entry in the audit log."""


@dataclass(frozen=True)
class Examined:
    """What looking at one invariant found. `mended`: rows that were set right before that."""

    invariant: Invariant
    finding: Finding
    mended: int = 0

    @property
    def is_broken(self) -> bool:
        return self.finding.broken > 0

    @property
    def is_mendable(self) -> bool:
        return self.is_broken and self.invariant.mend is not None


def is_damaged(results: Sequence[Examined]) -> bool:
    """Whether the file itself is broken, so that nothing may be written to it."""
    return any(it.is_broken and it.invariant.name == "file" for it in results)


async def examine(settings: Settings, advance: Advance) -> list[Examined]:
    """Look at everything in one snapshot, so that a server may go on writing.

    Ends after a damaged file: what else would be read from it is not to be trusted. `advance`
    is told of each invariant that was looked at.

    Raises: SchemaError, Unavailable.
    """
    results: list[Examined] = []
    async with _explaining(settings), _snapshot(settings) as connection:
        for invariant in INVARIANTS:
            results.append(Examined(invariant, await invariant.examine(connection)))
            advance(1)
            if is_damaged(results):
                break
    return results


@dataclass(frozen=True)
class Mending:
    """Who mends. `advance` is told of each conversation."""

    actor: Actor
    advance: Advance
    is_dry_run: bool


async def mend(settings: Settings, results: Sequence[Examined], mending: Mending) -> list[Examined]:
    """Set right what can be derived, and say how many rows that was; the findings stay.

    Each conversation in a transaction of its own, with its entry in the audit log, which a dry
    run takes back. It holds the row that sending locks first, and no other conversation's:
    nobody waits for long, and nobody deadlocks.

    Raises: SchemaError, Unavailable.
    """
    database = Database(settings)
    try:
        async with _explaining(settings):
            return [await _mend_all(database, it, mending) for it in results]
    finally:
        await database.close()


async def _mend_all(database: Database, result: Examined, mending: Mending) -> Examined:
    mended = 0
    if result.is_mendable:
        for conversation_id in sorted(result.finding.conversation_ids):
            mended += await _mend_one(database, result.invariant, conversation_id, mending)
            mending.advance(1)
    return replace(result, mended=mended)


async def _mend_one(
    database: Database, invariant: Invariant, conversation_id: UUID, mending: Mending
) -> int:
    assert invariant.mend is not None  # noqa: S101 - only what is mendable comes here
    query = select(Conversation.id).where(Conversation.id == conversation_id).with_for_update()
    async with act_transaction(database, is_dry_run=mending.is_dry_run) as connection:
        await connection.execute(query)
        mended = await invariant.mend(connection, conversation_id)
        if mended:
            after = {"invariant": invariant.name, "mended": mended}
            act = Act(MEND, "conversation", str(conversation_id), {}, after)
            await record_act(connection, mending.actor, act, utc_now())
    return mended


@asynccontextmanager
async def _explaining(settings: Settings) -> AsyncIterator[None]:
    try:
        yield
    except (DBAPIError, OSError) as error:
        raise explained(error, settings) from error


@asynccontextmanager
async def _snapshot(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection whose statements all see the database as it is at the first of them."""
    if settings.is_sqlite:
        database = Database(settings)
        try:
            async with database.read() as connection:
                yield connection
        finally:
            await database.close()
        return
    # Not the server's engine: looking at millions of rows takes longer than a request may.
    engine = create_async_engine(
        settings.resolved_database_url,
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        hide_parameters=True,
        connect_args={
            "timeout": settings.database_timeout_seconds,
            "server_settings": {
                "application_name": "fynix doctor",
                "default_transaction_read_only": "on",
            },
        },
    )
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()

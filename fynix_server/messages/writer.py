"""The group commit: whatever waits while one transaction is in flight goes into the next.

One transaction stores many messages, so that each pays a fraction of the commit. A lone message
commits at once: nothing here waits for company. Measured in docs/decisions/0015-group-commit.md.
"""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from fynix_server import metrics
from fynix_server.clock import Clock
from fynix_server.database import ConnectionLost, Database
from fynix_server.errors import FynixError, Unavailable
from fynix_server.membership import MembersCache
from fynix_server.messages import group_rows
from fynix_server.messages.drafts import Draft, Outcome, Stored
from fynix_server.messages.fair_queue import FairQueue
from fynix_server.messages.group import Group, KeysWanted
from fynix_server.messages.held_rows import insert_held

MAX_GROUP = 128
"""Messages in one commit: enough to share its cost, few enough to keep the lock short."""


log = structlog.get_logger(__name__)

Waiting = tuple[Draft, "asyncio.Future[Stored]"]


class MessageWriter:
    """Takes drafts from any number of callers; `run` commits them in groups.

    Those of a conversation in their order; conversations take turns.
    """

    def __init__(
        self,
        database: Database,
        members: MembersCache,
        clock: Clock,
        *,
        queue_size: int,
        announce: Callable[["Stored"], None],
    ) -> None:
        self._database = database
        self._members = members
        self._clock = clock
        self._announce = announce
        self._waiting: FairQueue[UUID, Waiting] = FairQueue(queue_size)
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def submit(self, draft: Draft) -> "asyncio.Future[Stored]":
        """Queue `draft`; the future holds its outcome after its own commit.

        The order of submitting is the order of the conversation.

        Raises: Unavailable (too many wait, of its conversation or in all). The future: NotFound,
        NotPermitted, Conflict (its key belongs to another text), Unavailable (the database is
        away).
        """
        future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        if not self._waiting.put(draft.conversation_id, (draft, future)):
            raise Unavailable("Too many messages wait to be stored; try again.")
        self._idle.clear()
        self._arrived.set()
        return future

    async def run(self) -> None:
        """Commit what waits, for the life of the instance."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._settle(self._waiting.take(MAX_GROUP))
            self._idle.set()

    async def drain(self) -> None:
        """Return once everything submitted so far has its outcome."""
        await self._idle.wait()

    async def _settle(self, group: list[Waiting]) -> None:
        metrics.commit_group_size.observe(len(group))
        try:
            outcomes = await self._commit([draft for draft, _ in group])
        except FynixError as error:
            outcomes = [error] * len(group)
        except DBAPIError as error:
            if len(group) == 1:
                outcomes = [Unavailable("The message could not be stored; try again.")]
                # Neither the statement nor its parameters: those hold what people wrote.
                log.error("message_refused_by_database", error=type(error.orig).__name__)
            else:
                # One of them is bad: it must fail alone, so each is tried on its own.
                for waiting in group:
                    await self._settle([waiting])
                return
        # Answers first: a sender's socket then writes its answer and its own copy at once.
        for (_, future), outcome in zip(group, outcomes, strict=True):
            _answer(future, outcome)
        for outcome in outcomes:
            if isinstance(outcome, Stored) and not outcome.is_replay:
                self._announce(outcome)

    async def _commit(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Store `drafts` in one transaction, or in a second if the line broke before the commit.

        Where it broke during the commit nobody knows whether they are stored, so that is not done
        again: those without a key would be stored twice. Outcomes stand in the drafts' order.

        Keys are looked up only once the database has said that one of them is there already: of
        all that is sent, next to nothing is a retry.
        """
        try:
            return await self._commit_once(drafts, look_up_keys=False)
        except (IntegrityError, KeysWanted):
            pass
        except ConnectionLost as error:
            if not error.may_repeat:
                raise
        return await self._commit_once(drafts, look_up_keys=True)

    async def _commit_once(self, drafts: Sequence[Draft], *, look_up_keys: bool) -> list[Outcome]:
        async with self._database.write() as connection:
            return await connection.run_sync(self._store, drafts, look_up_keys)

    def _store(
        self, connection: Connection, drafts: Sequence[Draft], look_up_keys: bool
    ) -> list[Outcome]:
        group = Group.load(connection, drafts, self._members, look_up_keys=look_up_keys)
        now = self._clock()
        outcomes = [group.decide(draft, now) for draft in drafts]
        group_rows.store_group(connection, group.added)
        if group.held:
            insert_held(connection, group.held)
        return outcomes


def _answer(future: "asyncio.Future[Stored]", outcome: Outcome) -> None:
    if future.done():  # its caller went away; the message stands all the same
        return
    if isinstance(outcome, Stored):
        future.set_result(outcome)
    else:
        future.set_exception(outcome)

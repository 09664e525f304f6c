"""The group commit: whatever waits while one transaction is in flight goes into the next.

One transaction stores many messages, so that each pays a fraction of the commit. A lone message
commits at once: nothing here waits for company. Measured in docs/decisions/0015-group-commit.md.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from fynix_server import metrics
from fynix_server.clock import Clock
from fynix_server.database import ConnectionLost, Database
from fynix_server.errors import (
    Conflict,
    FynixError,
    NotFound,
    NotPermitted,
    Unavailable,
)
from fynix_server.membership import MembersCache, active_member_ids_now
from fynix_server.messages import conversation_locks, group_rows, queries
from fynix_server.messages.fair_queue import FairQueue
from fynix_server.messages.retries import Known
from fynix_server.protocol.messages import ClientContentType, MessageResponse
from fynix_server.tables import new_id

MAX_GROUP = 128
"""Messages in one commit: enough to share its cost, few enough to keep the lock short."""


@dataclass(slots=True)
class Draft:
    """A message that was let through to be stored."""

    conversation_id: UUID
    sender_id: UUID
    sender_username: str
    content: str
    content_type: ClientContentType
    client_message_id: str | None

    @property
    def key(self) -> tuple[UUID, UUID, str] | None:
        """What makes a retry the same message; None where the sender gave no key."""
        if self.client_message_id is None:
            return None
        return self.sender_id, self.conversation_id, self.client_message_id


@dataclass(frozen=True)
class Stored:
    """A committed message and whom it is for. `is_replay`: it was there already."""

    message: MessageResponse
    recipients: tuple[UUID, ...]
    is_replay: bool

    @cached_property
    def message_json(self) -> str:
        """The message as the wire shows it: encoded once, for its answer and for every socket."""
        return self.message.model_dump_json()


log = structlog.get_logger(__name__)

Outcome = Stored | FynixError
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
        except IntegrityError:
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
        group = _Group.load(connection, drafts, self._members, look_up_keys=look_up_keys)
        now = self._clock()
        outcomes = [group.decide(draft, now) for draft in drafts]
        group_rows.store_group(connection, group.added)
        return outcomes


def _answer(future: "asyncio.Future[Stored]", outcome: Outcome) -> None:
    if future.done():  # its caller went away; the message stands all the same
        return
    if isinstance(outcome, Stored):
        future.set_result(outcome)
    else:
        future.set_exception(outcome)


class _Group:
    """One transaction's view: the locked conversations, their members, the keys already used."""

    def __init__(
        self,
        last_seq: dict[UUID, int],
        members: dict[UUID, frozenset[UUID]],
        by_key: dict[tuple[UUID, UUID, str], Known],
    ) -> None:
        self._last_seq = last_seq
        self._members = members
        self._by_key = by_key
        self.added: list[MessageResponse] = []

    @classmethod
    def load(
        cls,
        connection: Connection,
        drafts: Sequence[Draft],
        cache: MembersCache,
        *,
        look_up_keys: bool,
    ) -> "_Group":
        locked = conversation_locks.lock_conversations(
            connection, {it.conversation_id for it in drafts}
        )
        members = {}
        unknown = []
        for conversation_id, row in locked.items():
            cached = cache.get(conversation_id, row.members_version)
            if cached is None:
                unknown.append(conversation_id)
            else:
                members[conversation_id] = cached
        if unknown:
            for conversation_id, ids in active_member_ids_now(connection, unknown).items():
                members[conversation_id] = frozenset(ids)
                version = locked[conversation_id].members_version
                cache.put(conversation_id, version, members[conversation_id])
        by_key = {}
        if look_up_keys and (keys := {key for it in drafts if (key := it.key) is not None}):
            by_key = queries.messages_by_key(connection, keys)
        return cls({id_: row.last_seq for id_, row in locked.items()}, members, by_key)

    def decide(self, draft: Draft, now: datetime) -> Outcome:
        """What becomes of `draft`; a new message is given the next number of its conversation."""
        if draft.conversation_id not in self._last_seq:
            return NotFound("There is no such conversation.", code="conversation_not_found")
        members = self._members.get(draft.conversation_id, frozenset())
        if draft.sender_id not in members:
            return NotPermitted("You are not in this conversation.", code="not_a_participant")
        known = self._by_key.get(draft.key) if draft.key is not None else None
        if known is None:
            return Stored(self._add(draft, now), tuple(members), is_replay=False)
        if not known.was_sent_as(draft.content, draft.content_type):
            return Conflict(
                "This client_message_id belongs to another message.",
                code="idempotency_conflict",
            )
        return Stored(known.message, (), is_replay=True)

    def _add(self, draft: Draft, now: datetime) -> MessageResponse:
        conversation_id = draft.conversation_id
        seq = self._last_seq[conversation_id] = self._last_seq[conversation_id] + 1
        # Every field comes from checked input or from here: nothing is left to validate.
        message = MessageResponse.model_construct(
            id=new_id(),
            conversation_id=conversation_id,
            seq=seq,
            sender_id=draft.sender_id,
            sender_username=draft.sender_username,
            content=draft.content,
            content_type=draft.content_type,
            created_at=now,
            edited_at=None,
            client_message_id=draft.client_message_id,
            is_read=False,
            read_by=[],
        )
        self.added.append(message)
        if draft.key is not None:
            self._by_key[draft.key] = Known(message)
        return message

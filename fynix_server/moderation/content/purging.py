"""Removing what somebody wrote lately, wherever they wrote it.

In transactions of some messages each, so that nobody waits long for a lock. Each has its own entry
in the audit log: whatever is gone is accounted for, also where the server died half-way. Doing it
again goes on with what is still there.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import find_person
from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.database import Database
from fynix_server.errors import FieldError, InvalidInput
from fynix_server.moderation.acting import moment_text
from fynix_server.moderation.content import queries
from fynix_server.moderation.content.deleting import delete_messages
from fynix_server.moderation.content.queries import WrittenMessage
from fynix_server.permissions import require_power_over
from fynix_server.protocol.moderated_content import (
    PurgedConversation,
    PurgePlace,
    PurgeRequest,
    PurgeResponse,
)
from fynix_server.resources import Resources

MESSAGES_A_TRANSACTION = 100
MESSAGES_A_REQUEST = 1000
"""So that a request ends within seconds; whoever asks goes on with another."""
CONVERSATIONS_A_PAGE = 500


@dataclass
class _Purge:
    """One request: what it is to remove, and what it has removed so far."""

    user_id: UUID
    since: datetime
    request: PurgeRequest
    removed: Counter[UUID] = field(default_factory=Counter)
    audit_seqs: list[int] = field(default_factory=list)


async def purge_person(
    resources: Resources, acting: Acting, user_id: UUID, request: PurgeRequest
) -> PurgeResponse:
    """Remove what somebody wrote since a moment, at most MESSAGES_A_REQUEST of it.

    Raises: NotFound, InvalidInput (oneself, a moment to come), NotPermitted (their role is too
    high).
    """
    purge = _Purge(user_id, _cut_off(request, resources.clock()), request)
    async with resources.database.read() as connection:
        # Before anything is looked for; and again in each transaction.
        await _require_power(connection, acting, user_id)
    walk = _Walk(resources.database, purge)
    left = MESSAGES_A_REQUEST
    while True:
        wanted = min(MESSAGES_A_TRANSACTION, left)
        batch = await walk.next_messages(wanted)
        # The first without any is done all the same: it leaves a trace.
        if batch or (request.after is None and not purge.audit_seqs):
            await _remove(resources, acting, purge, batch)
        left -= len(batch)
        if len(batch) < wanted or left == 0:
            break
    return PurgeResponse(
        action=acting.act,
        dry_run=request.dry_run,
        user_id=user_id,
        since=purge.since,
        count=purge.removed.total(),
        conversations=[
            PurgedConversation(conversation_id=id_, count=count)
            for id_, count in sorted(purge.removed.items())
        ],
        audit_seqs=[] if request.dry_run else purge.audit_seqs,
        next=walk.place(batch[-1]) if len(batch) == wanted else None,
    )


def _cut_off(request: PurgeRequest, now: datetime) -> datetime:
    if request.since is None:
        return now - timedelta(seconds=request.since_seconds or 0)
    if request.since > now:
        problem = "The cut-off is still to come."
        raise InvalidInput(problem, errors=(FieldError("body.since", problem),))
    return request.since


async def _remove(
    resources: Resources, acting: Acting, purge: _Purge, batch: list[WrittenMessage]
) -> None:
    """One transaction, and what is to be said of it."""
    now = resources.clock()
    request = purge.request
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        # Not locked: whoever adds them to a group holds the group and then waits for their row.
        await _require_power(connection, acting, purge.user_id)
        ids = {it.conversation_id for it in batch}
        await queries.lock_conversations(connection, ids)
        messages = await queries.still_there(connection, [it.id for it in batch])
        envelopes = (
            await delete_messages(connection, messages, acting.user_id, now) if messages else []
        )
        counts = Counter(it.conversation_id for it in messages)
        after = {
            "since": moment_text(purge.since),
            "messages": {str(id_): count for id_, count in sorted(counts.items())},
        }
        act = Act(acting.act, "user", str(purge.user_id), {}, after, request.reason)
        purge.audit_seqs.append(await record_act(connection, acting.actor, act, now))
    purge.removed += counts
    if not request.dry_run:
        for envelope in envelopes:
            resources.event_bus.publish(envelope)


async def _require_power(connection: AsyncConnection, acting: Acting, user_id: UUID) -> None:
    person = await find_person(connection, user_id)
    require_power_over(acting.user_id, acting.role, person.id, person.role)


class _Walk:
    """Goes through somebody's messages, conversation by conversation: none has an index of theirs.

    It moves past what it has given, so that a dry run does not meet the same again.
    """

    def __init__(self, database: Database, purge: _Purge) -> None:
        self._database = database
        self._purge = purge
        self._begin = (purge.since, -1)
        self._position = self._begin
        self._waiting: deque[UUID] = deque()
        self._last_id = UUID(int=0)
        after = purge.request.after
        if after is not None:
            self._waiting.append(after.conversation_id)
            self._last_id = after.conversation_id
            self._position = max(self._begin, (after.created_at, after.seq))

    async def next_messages(self, limit: int) -> list[WrittenMessage]:
        """Fewer than `limit`: there are no more."""
        found: list[WrittenMessage] = []
        async with self._database.read() as connection:
            while len(found) < limit and await self._is_somewhere(connection):
                wanted = limit - len(found)
                page = await queries.messages_written(
                    connection, self._waiting[0], self._purge.user_id, self._position, wanted
                )
                found += page
                if len(page) == wanted:
                    self._position = (page[-1].created_at, page[-1].seq)
                else:
                    self._waiting.popleft()
                    self._position = self._begin
        return found

    async def _is_somewhere(self, connection: AsyncConnection) -> bool:
        if not self._waiting:
            self._waiting.extend(
                await queries.conversations_since(
                    connection,
                    self._purge.user_id,
                    self._purge.since,
                    self._last_id,
                    CONVERSATIONS_A_PAGE,
                )
            )
            self._last_id = self._waiting[-1] if self._waiting else self._last_id
        return bool(self._waiting)

    @staticmethod
    def place(message: WrittenMessage) -> PurgePlace:
        return PurgePlace(
            conversation_id=message.conversation_id,
            created_at=message.created_at,
            seq=message.seq,
        )

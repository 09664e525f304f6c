"""Giving people their data: what they provided, and what they can see.

Page by page, each in a short read of its own: a reader who is slow holds no connection, and no
moment of the database. Who may read what is asked anew for each page.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.auth import Principal
from fynix_server.errors import NotFound
from fynix_server.permissions import require_power_over
from fynix_server.privacy import export_queries
from fynix_server.privacy.archive import ArchiveStream, Pages, Row, Subject
from fynix_server.privacy.export_queries import PAGE_ROWS, WINDOW_NUMBERS
from fynix_server.privacy.reader import Reader
from fynix_server.protocol.moderation import ActRequest
from fynix_server.protocol.privacy import ExportPlanResponse
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow

PARTS_AT_ONCE = 50
"""Conversations of a page; each may have hundreds of people."""


async def export_own(resources: Resources, principal: Principal) -> ArchiveStream:
    """One's own archive. Raises: NotFound."""
    async with resources.database.read() as connection:
        person = await export_queries.find_person(connection, principal.user_id)
    if person is None:
        raise _nobody()
    return _archive(resources, Subject(person.id, person.username, "self"))


async def export_person(
    resources: Resources, acting: Acting, user_id: UUID, request: ActRequest
) -> ArchiveStream | ExportPlanResponse:
    """Somebody's archive, the same that they would get; of a dry run what there is.

    It stands in the audit log before the first byte goes out.

    Raises: NotFound, InvalidInput (oneself), Unavailable.
    """
    now = resources.clock()
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        person = await export_queries.find_person(connection, user_id)
        if person is None:
            raise _nobody()
        require_power_over(acting.user_id, acting.role, person.id, person.role)
        conversations, messages = await export_queries.totals(connection, user_id)
        act = Act(acting.act, "user", str(user_id), reason=request.reason)
        await record_act(connection, acting.actor, act, now)
    if request.dry_run:
        return ExportPlanResponse(
            user_id=person.id,
            username=person.username,
            conversations=conversations,
            messages_at_most=messages,
        )
    return _archive(resources, Subject(person.id, person.username, "admin"))


def _nobody() -> NotFound:
    return NotFound("There is no such person.", code="user_not_found")


def _archive(resources: Resources, subject: Subject) -> ArchiveStream:
    user_id = subject.user_id
    files: dict[str, Pages] = {
        "profile.jsonl": partial(_profile, resources, user_id),
        "sessions.jsonl": partial(_own_rows, resources, user_id, "sessions"),
        "conversations.jsonl": partial(_conversations, resources, user_id),
        "messages.jsonl": partial(_messages, resources, user_id),
        "receipts.jsonl": partial(_receipts, resources, user_id),
    }
    for name in ("reports", "blocks", "notices", "restrictions", "limit_overrides", "audit"):
        files[f"{name}.jsonl"] = partial(_own_rows, resources, user_id, name)
    return ArchiveStream(subject, files, resources.clock)


async def _profile(resources: Resources, user_id: UUID) -> AsyncIterator[Sequence[Row]]:
    async with resources.database.read() as connection:
        person = await export_queries.find_person(connection, user_id)
    if person is not None:
        yield [dict(person._mapping)]


async def _own_rows(resources: Resources, user_id: UUID, file: str) -> AsyncIterator[Sequence[Row]]:
    after: Any = None
    while True:
        async with resources.database.read() as connection:
            rows = await export_queries.own_rows(connection, file, user_id, after)
        if rows:
            yield _as_dicts(rows)
            after = rows[-1][0]
        if len(rows) < PAGE_ROWS:
            return


async def _conversations(resources: Resources, user_id: UUID) -> AsyncIterator[Sequence[Row]]:
    async for parts in _parts(resources, user_id):
        people: dict[UUID, list[AnyRow]] = defaultdict(list)
        async with resources.database.read() as connection:
            ids = [part.id for part in parts]
            for person in await export_queries.people_in(connection, ids):
                people[person.conversation_id].append(person)
        yield [_conversation_row(part, people[part.id], user_id) for part in parts]


def _conversation_row(part: AnyRow, people: Sequence[AnyRow], user_id: UUID) -> Row:
    """What they have left they know as it was: what it is called now, and who came, is not told."""
    row = dict(part._mapping)
    del row["last_seq"]
    if not part.is_active:
        row |= {"name": None, "description": None}
    row["participants"] = [
        {
            "user_id": person.user_id,
            "username": person.username,
            "display_name": person.display_name,
            "role": person.role if part.is_active else None,
        }
        for person in people
        if person.user_id != user_id
        and (person.is_active if part.is_active else person.joined_seq <= part.left_seq)
    ]
    return row


async def _messages(resources: Resources, user_id: UUID) -> AsyncIterator[Sequence[Row]]:
    async for conversation_id, after_seq in _windows(resources, user_id):
        horizon = await resources.policy.horizon()
        async with resources.database.read() as connection:
            part = await export_queries.find_part(connection, user_id, conversation_id)
            if part is None:
                continue
            reader = Reader(
                user_id, part.joined_seq if part.is_active else None, horizon.of(conversation_id)
            )
            rows = await export_queries.messages_in(connection, reader, conversation_id, after_seq)
        if rows:
            yield [_message_row(row, user_id) for row in _as_dicts(rows)]


def _message_row(row: dict[str, Any], user_id: UUID) -> Row:
    if row["sender_id"] != user_id:
        # The sender's own key: nobody else's business.
        del row["client_message_id"]
    return row


def _as_dicts(rows: Sequence[AnyRow]) -> list[dict[str, Any]]:
    """Rows of one query. A tenth of the cost of their mappings: there may be a million."""
    names = rows[0]._fields
    return [dict(zip(names, row, strict=True)) for row in rows]


async def _receipts(resources: Resources, user_id: UUID) -> AsyncIterator[Sequence[Row]]:
    async for conversation_id, after_seq in _windows(resources, user_id):
        async with resources.database.read() as connection:
            rows = await export_queries.receipts_in(connection, user_id, conversation_id, after_seq)
        if rows:
            yield _as_dicts(rows)


async def _windows(resources: Resources, user_id: UUID) -> AsyncIterator[tuple[UUID, int]]:
    """Each stretch of numbers of each conversation, as `(conversation, after which number)`."""
    async for parts in _parts(resources, user_id):
        for part in parts:
            for after_seq in range(0, part.last_seq, WINDOW_NUMBERS):
                yield part.id, after_seq


async def _parts(resources: Resources, user_id: UUID) -> AsyncIterator[Sequence[AnyRow]]:
    after: UUID | None = None
    while True:
        async with resources.database.read() as connection:
            parts = await export_queries.parts_after(connection, user_id, after, PARTS_AT_ONCE)
        if parts:
            yield parts
            after = parts[-1].id
        if len(parts) < PARTS_AT_ONCE:
            return

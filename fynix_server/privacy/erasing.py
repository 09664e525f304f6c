"""Erasing a person: everything of theirs goes, and other people's history stays.

In short transactions, for a few seconds a request; asking again goes on. The account is shut
first, so that nothing comes in any more (docs/decisions/0043-erasing-in-steps.md).
"""

import asyncio
import json
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.acted_on import lock_whoever_it_is
from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.redacting import redact_details
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import Conflict
from fynix_server.policy import move_policy_version
from fynix_server.privacy import finding_queries, queries
from fynix_server.privacy.emptying import empty_conversation
from fynix_server.privacy.finishing import finish
from fynix_server.privacy.holds import require_no_hold
from fynix_server.privacy.pacing import Erasing, TimeIsUp
from fynix_server.privacy.queries import Counts
from fynix_server.privacy.tombstones import DISPLAY_NAME, PASSWORD_HASH
from fynix_server.privacy.unnaming import unname_group
from fynix_server.privacy.withdrawing import withdraw
from fynix_server.protocol.privacy import EraseRequest, EraseResponse, ErasureCertificate
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow, new_id

WORK_SECONDS = 4.0
"""How long one request works: well within what clients and proxies wait for."""
PAGE = 100


async def erase_person(
    resources: Resources, acting: Acting, user_id: UUID, request: EraseRequest
) -> EraseResponse:
    """Begin an erasure, or go on with it, and say how far it has come.

    Raises: NotFound, InvalidInput (oneself), NotPermitted, Conflict (`already_so`,
    `under_legal_hold`), Unavailable.
    """
    if request.dry_run:
        return await _rehearse(resources, acting, user_id, request)
    row = await _begin(resources, acting, user_id, request)
    place = None if row.at_conversation_id is None else (row.at_conversation_id, row.at_seq)
    until = asyncio.get_running_loop().time() + WORK_SECONDS
    erasing = Erasing(resources, row.id, user_id, row.begun_at, until, place)
    certificate = None
    try:
        await _erase_small_rows(erasing)
        await _erase_conversations(erasing)
        # What was under way as the account was shut: a send that was held, a notice.
        await _erase_small_rows(erasing)
        certificate = await finish(erasing, wants_vacuum=request.vacuum)
    except TimeIsUp:
        await erasing.keep_place()
    return await _told(erasing, certificate)


async def _rehearse(
    resources: Resources, acting: Acting, user_id: UUID, request: EraseRequest
) -> EraseResponse:
    """Meet every refusal, and count what is there; the beginning is taken back."""
    await _begin(resources, acting, user_id, request)
    async with resources.database.read() as connection:
        counts = await queries.rows_of(connection, user_id)
        conversations, messages = await finding_queries.left_to_do(connection, user_id, None)
    return EraseResponse(
        dry_run=True,
        user_id=user_id,
        is_finished=False,
        conversations_left=conversations,
        messages_left=messages,
        counts=counts,
        certificate=None,
    )


async def _begin(
    resources: Resources, acting: Acting, user_id: UUID, request: EraseRequest
) -> AnyRow:
    """Shut the account, once; its row of the journal."""
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        await lock_whoever_it_is(connection, acting, user_id, resources.clock())
        user = await queries.lock_user(connection, user_id)
        row = await queries.find_erasure(connection, user_id)
        if row is not None and row.finished_at is not None:
            raise Conflict(
                "They have been erased already; the journal has the certificate.", code="already_so"
            )
        await require_no_hold(connection, user_id)
        is_new = row is None
        if row is None:
            row = await _shut(resources, acting, connection, user, request.reason)
    if is_new and not request.dry_run:
        resources.event_bus.publish_control({"type": "shut_out", "user_id": str(user_id)})
        await resources.policy.apply_change()
    return row


async def _shut(
    resources: Resources, acting: Acting, connection: AsyncConnection, user: AnyRow, reason: str
) -> AnyRow:
    """The name stays until the end, for the erasure to be asked for by it."""
    now = resources.clock()
    await queries.change_user(
        connection,
        user.id,
        status="erased",
        status_until=None,
        status_changed_at=now,
        role="user",
        password_hash=PASSWORD_HASH,
        display_name=DISPLAY_NAME,
        avatar_url=None,
        accepts_new_dms=True,
        updated_at=now,
    )
    redacted = await redact_details(connection, user.id)
    entry = {
        "id": new_id(),
        "user_id": user.id,
        "actor_kind": acting.actor.kind,
        "actor_id": acting.actor.id,
        "audit_seq": 0,
        "begun_at": now,
        "at_seq": 0,
        "counts": json.dumps({"audit_log": redacted} if redacted else {}),
    }
    await queries.insert_erasure(connection, entry)
    await move_policy_version(connection)
    # Its own entry keeps its reason: why somebody was erased has to be known afterwards.
    act = Act(acting.act, "user", str(user.id), reason=reason)
    audit_seq = await record_act(connection, acting.actor, act, now)
    await queries.change_erasure(connection, user.id, audit_seq=audit_seq)
    row = await queries.find_erasure(connection, user.id)
    assert row is not None  # noqa: S101 - it was inserted above
    return row


async def _erase_small_rows(erasing: Erasing) -> None:
    user_id, database = erasing.user_id, erasing.resources.database
    for removal in queries.removals(user_id):
        while True:
            async with database.read() as connection:
                if not await queries.is_any(connection, removal):
                    break
            counts: Counts = {}
            async with erasing.transaction(counts) as connection:
                rows = await queries.remove_some(connection, removal)
                counts[removal.table.__tablename__] = rows
            await erasing.rest()
            erasing.check_time()
    rows = 1
    while rows:
        counts = {}
        async with erasing.transaction(counts) as connection:
            await queries.unassign_cases(connection, user_id)
            counts["reports"] = rows = await queries.empty_reports(connection, user_id)
        await erasing.rest()


async def _erase_conversations(erasing: Erasing) -> None:
    """In the order of their ids, from the place that was noted; that one is looked at again."""
    while True:
        come_to = None if erasing.at is None else erasing.at[0]
        async with erasing.resources.database.read() as connection:
            page = await finding_queries.parts_after(connection, erasing.user_id, come_to, PAGE)
        for part in page:
            is_here = erasing.at is not None and erasing.at[0] == part.id
            if erasing.at is None or not is_here:
                erasing.at = (part.id, 0)
            await _erase_part(erasing, part, erasing.at[1])
        if len(page) < PAGE:
            return


async def _erase_part(erasing: Erasing, part: AnyRow, after_seq: int) -> None:
    await withdraw(erasing, part.id)
    if part.is_group:
        await unname_group(erasing, part.id)
    await empty_conversation(erasing, part.id, after_seq)


async def _told(erasing: Erasing, certificate: ErasureCertificate | None) -> EraseResponse:
    come_to = None if erasing.at is None else erasing.at[0]
    async with erasing.resources.database.read() as connection:
        row = await queries.find_erasure(connection, erasing.user_id)
        left = await finding_queries.left_to_do(connection, erasing.user_id, come_to)
    conversations, messages = (0, 0) if certificate is not None else left
    return EraseResponse(
        dry_run=False,
        user_id=erasing.user_id,
        is_finished=certificate is not None,
        conversations_left=conversations,
        messages_left=messages,
        counts=json.loads(row.counts) if row is not None else {},
        certificate=certificate,
    )

"""What can be done with messages. `send_message` is the hot path."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from uuid import UUID

from fynix_server import metrics
from fynix_server.auth import Principal
from fynix_server.errors import InvalidInput, NotFound, NotPermitted, RateLimited
from fynix_server.event_bus import MESSAGES, READ_RECEIPTS, Envelope
from fynix_server.event_log import (
    NewEvent,
    append_event,
    event_frame,
    new_message_frame,
)
from fynix_server.membership import Membership, active_member_ids, load_membership
from fynix_server.messages import queries
from fynix_server.messages.writer import Draft, Stored
from fynix_server.protocol.fields import MAX_PAGE_DEPTH
from fynix_server.protocol.frames import MessageRead
from fynix_server.protocol.messages import (
    MarkReadResponse,
    MessageCreate,
    MessageResponse,
    MessagesListResponse,
    MessagesQuery,
)
from fynix_server.rate_limit import LimitState
from fynix_server.read_state import message_response, read_markers, unread_counts
from fynix_server.resources import Resources


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is stored. `is_replay`: an earlier try had stored it."""

    message: MessageResponse
    message_json: str
    is_replay: bool
    limit: LimitState | None


async def send_message(
    resources: Resources, sender: Principal, conversation_id: UUID, draft: MessageCreate
) -> Sent:
    """Store a message, then announce it: the hot path, whole.

    Reached from messages/routes.py and sockets/commands.py (who is sending is known there);
    continues in messages/writer.py and, once committed, in sockets/delivery.py.

    Raises: RateLimited, NotFound, NotPermitted (not a participant), Conflict (the key belongs
    to another text), Unavailable.
    """
    return await (await begin_sending(resources, sender, conversation_id, draft))


async def begin_sending(
    resources: Resources, sender: Principal, conversation_id: UUID, draft: MessageCreate
) -> Awaitable[Sent]:
    """The half of `send_message` that fixes the order: once it returns, the message has its
    place in the queue, and its sender may begin the next one before awaiting this one."""
    try:
        limit = await resources.limiter.consume("messages", str(sender.user_id))
    except RateLimited as refusal:
        return _replay_or_refuse(resources, sender, conversation_id, draft, refusal)
    future = resources.message_writer.submit(
        Draft(
            conversation_id=conversation_id,
            sender_id=sender.user_id,
            sender_username=sender.username,
            content=draft.content,
            content_type=draft.content_type,
            client_message_id=draft.client_message_id,
        )
    )
    return _finish_sending(resources, future, limit)


async def _finish_sending(
    resources: Resources, future: "asyncio.Future[Stored]", limit: LimitState
) -> Sent:
    stored = await future
    message_json = stored.message.model_dump_json()
    if stored.is_replay:
        # A retry costs nothing: it takes no place in the window.
        await resources.limiter.give_back("messages", str(stored.message.sender_id))
        return Sent(stored.message, message_json, True, limit)
    # After the commit: no socket may show a message that a rollback takes back. A crash
    # between the two loses the event, not the message: delivery finds it in the database.
    metrics.messages_sent.inc()
    message = stored.message
    resources.event_bus.publish(
        Envelope(
            channel=MESSAGES,
            recipients=stored.recipients,
            frame=new_message_frame(message.conversation_id, message.seq, message_json),
            conversation_id=message.conversation_id,
            seq=message.seq,
            sender_id=message.sender_id,
        )
    )
    return Sent(message, message_json, False, limit)


async def _replay_or_refuse(
    resources: Resources,
    sender: Principal,
    conversation_id: UUID,
    draft: MessageCreate,
    refusal: RateLimited,
) -> Sent:
    """A retry of what is stored never meets the limit; anything else does.

    Raises: RateLimited (as it came), and what `send_message` raises of a stored key.
    """
    if draft.client_message_id is None:
        raise refusal
    async with resources.database.read() as connection:
        known = await queries.message_by_key(
            connection, sender.user_id, conversation_id, draft.client_message_id
        )
    if known is None:
        raise refusal
    # The writer answers a known key without storing anything; it also knows every refusal.
    future = resources.message_writer.submit(
        Draft(
            conversation_id,
            sender.user_id,
            sender.username,
            draft.content,
            draft.content_type,
            draft.client_message_id,
        )
    )
    stored = await future
    return Sent(stored.message, stored.message.model_dump_json(), True, None)


async def list_messages(
    resources: Resources,
    reader: Principal,
    conversation_id: UUID,
    wanted: MessagesQuery,
) -> MessagesListResponse:
    """A page of messages, newest first; with `after_seq` oldest first.

    Raises: NotFound, NotPermitted, InvalidInput (a page too deep to be read by OFFSET).
    """
    if wanted.before_seq is not None and wanted.after_seq is not None:
        raise InvalidInput("Give before_seq or after_seq, not both.")
    if wanted.page * wanted.page_size > MAX_PAGE_DEPTH:
        raise InvalidInput(
            f"page * page_size may be at most {MAX_PAGE_DEPTH}; go on with before_seq.",
            code="page_too_deep",
        )
    limit = wanted.limit or wanted.page_size
    async with resources.database.read() as connection:
        membership = await load_membership(connection, conversation_id, reader.user_id)
        from_seq = membership.joined_seq
        if wanted.after_seq is not None:
            rows = await queries.messages_oldest_first(
                connection,
                conversation_id,
                after_seq=wanted.after_seq,
                from_seq=from_seq,
                limit=limit + 1,
            )
        else:
            by_page = wanted.before_seq is None
            rows = await queries.messages_newest_first(
                connection,
                conversation_id,
                from_seq=from_seq,
                before_seq=wanted.before_seq,
                offset=(wanted.page - 1) * wanted.page_size if by_page else 0,
                limit=limit + 1,
            )
        total = await queries.count_messages(connection, conversation_id, from_seq)
        markers = (await read_markers(connection, [conversation_id])).get(conversation_id, [])
    return MessagesListResponse(
        messages=[message_response(row, reader.user_id, markers) for row in rows[:limit]],
        total=total,
        page=wanted.page,
        page_size=wanted.page_size,
        has_next=len(rows) > limit,
        conversation_id=conversation_id,
    )


async def mark_read(
    resources: Resources, reader: Principal, conversation_id: UUID, message_id: UUID
) -> MarkReadResponse:
    """Mark everything up to and including a message as read, and tell the others.

    Marking an older one than before changes nothing and tells nobody.

    Raises: NotFound, NotPermitted.
    """
    now = resources.clock()
    async with resources.database.write() as connection:
        membership = await load_membership(connection, conversation_id, reader.user_id)
        row = await queries.find_message(connection, conversation_id, message_id)
        if row is None or row.seq < membership.joined_seq:
            raise NotFound("There is no such message here.", code="message_not_found")
        moved = await queries.move_marker(
            connection, conversation_id, reader.user_id, row.seq, message_id
        )
        members = (await active_member_ids(connection, [conversation_id]))[conversation_id]
        if moved and len(members) <= resources.settings.receipt_rows_max_participants:
            await queries.add_receipts(
                connection,
                conversation_id,
                reader.user_id,
                after_seq=max(membership.last_read_seq, membership.joined_seq - 1),
                up_to_seq=row.seq,
                read_at=now,
            )
        read_at = await queries.marker_time(connection, message_id, reader.user_id) or now
        unread = await unread_counts(connection, reader.user_id, [conversation_id])
    if moved:
        frame = MessageRead(
            conversation_id=conversation_id,
            user_id=reader.user_id,
            message_id=message_id,
            read_at=read_at,
        )
        resources.event_bus.publish(
            Envelope(READ_RECEIPTS, members, frame.model_dump_json(), conversation_id)
        )
    return MarkReadResponse(
        conversation_id=conversation_id,
        message_id=message_id,
        read_at=read_at,
        unread_count=unread.get(conversation_id, 0),
    )


async def delete_message(
    resources: Resources, person: Principal, conversation_id: UUID, message_id: UUID
) -> None:
    """Hide one's own message from everybody. Deleting it again changes nothing.

    Raises: NotFound, NotPermitted (another's message).
    """
    now = resources.clock()
    async with resources.database.write() as connection:
        membership = await load_membership(connection, conversation_id, person.user_id)
        row = await queries.find_message(connection, conversation_id, message_id, lock=True)
        if row is None or row.seq < membership.joined_seq:
            raise NotFound("There is no such message here.", code="message_not_found")
        if row.sender_id != person.user_id:
            raise NotPermitted("Only its sender may delete a message.", code="not_the_sender")
        if row.is_deleted:
            return
        await queries.hide_message(connection, message_id, now)
        await queries.count_one_less(connection, conversation_id)
        payload = {"message_id": str(message_id), "deleted_by": str(person.user_id)}
        event = NewEvent(conversation_id, "message_deleted", person.user_id, message_id, payload)
        seq = await append_event(connection, event, now)
        members = (await active_member_ids(connection, [conversation_id]))[conversation_id]
    frame = event_frame("message_deleted", conversation_id, seq, payload)
    _announce(resources, members, conversation_id, seq, frame)


async def edit_message(
    resources: Resources,
    person: Principal,
    conversation_id: UUID,
    message_id: UUID,
    content: str,
) -> MessageResponse:
    """Give one's own message another text. The same text again changes nothing.

    Raises: NotFound (also a deleted one), NotPermitted (another's message).
    """
    now = resources.clock()
    async with resources.database.write() as connection:
        membership = await load_membership(connection, conversation_id, person.user_id)
        row = await queries.find_message(connection, conversation_id, message_id, lock=True)
        if row is None or row.is_deleted or row.seq < membership.joined_seq:
            raise NotFound("There is no such message here.", code="message_not_found")
        if row.sender_id != person.user_id:
            raise NotPermitted("Only its sender may edit a message.", code="not_the_sender")
        markers = (await read_markers(connection, [conversation_id])).get(conversation_id, [])
        own = message_response(row, person.user_id, markers)
        if row.content == content:
            return own
        await queries.change_content(connection, message_id, content, now)
        event = NewEvent(conversation_id, "message_updated", person.user_id, message_id, {})
        seq = await append_event(connection, event, now)
        members = (await active_member_ids(connection, [conversation_id]))[conversation_id]
    changed = {"content": content, "edited_at": now}
    seen_by_all = message_response(row, None, ()).model_copy(update=changed)
    payload = {"message": seen_by_all.model_dump(mode="json")}
    frame = event_frame("message_updated", conversation_id, seq, payload)
    _announce(resources, members, conversation_id, seq, frame)
    return own.model_copy(update=changed)


def _announce(
    resources: Resources,
    members: tuple[UUID, ...],
    conversation_id: UUID,
    seq: int,
    frame: str,
) -> None:
    resources.event_bus.publish(
        Envelope(MESSAGES, members, frame, conversation_id, seq, for_opted_in=True)
    )


async def typing_recipients(
    resources: Resources, person: Principal, conversation_id: UUID
) -> tuple[UUID, ...]:
    """Who is shown that `person` is typing: the others.

    Raises: NotFound, NotPermitted.
    """
    async with resources.database.read() as connection:
        membership: Membership = await load_membership(connection, conversation_id, person.user_id)
        cached = resources.members.get(conversation_id, membership.members_version)
        members = (
            cached or (await active_member_ids(connection, [conversation_id]))[conversation_id]
        )
    return tuple(it for it in members if it != person.user_id)

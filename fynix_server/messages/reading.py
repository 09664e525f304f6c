"""Listing messages, and marking them as read."""

from uuid import UUID

from fynix_server.auth import Principal
from fynix_server.errors import InvalidInput, NotFound
from fynix_server.event_bus import READ_RECEIPTS, Envelope
from fynix_server.membership import load_members, load_membership
from fynix_server.messages import queries
from fynix_server.messages.queries import Place, Span
from fynix_server.protocol.fields import MAX_PAGE_DEPTH
from fynix_server.protocol.frames import MessageRead
from fynix_server.protocol.messages import MarkReadResponse, MessagesListResponse, MessagesQuery
from fynix_server.read_state import message_response, read_markers, unread_counts
from fynix_server.resources import Resources


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
    # Also of a page by its number: else page 2 with a `limit` would skip what is between them.
    limit = wanted.limit or wanted.page_size
    if wanted.page * limit > MAX_PAGE_DEPTH:
        raise InvalidInput(
            f"page * page_size may be at most {MAX_PAGE_DEPTH}; go on with before_seq.",
            code="page_too_deep",
        )
    place = Place(conversation_id, reader.user_id, await resources.policy.horizon())
    async with resources.database.read() as connection:
        membership = await load_membership(connection, conversation_id, reader.user_id)
        from_seq = membership.joined_seq
        if wanted.after_seq is not None:
            span = Span(max(from_seq, wanted.after_seq + 1))
            rows = await queries.messages_oldest_first(connection, place, span, limit=limit + 1)
        else:
            is_keyed = wanted.before_seq is not None
            span = Span(from_seq, wanted.before_seq - 1 if wanted.before_seq is not None else None)
            offset = 0 if is_keyed else (wanted.page - 1) * limit
            rows = await queries.messages_newest_first(
                connection, place, span, offset=offset, limit=limit + 1
            )
        total = await queries.count_messages(connection, place, from_seq)
        markers = await read_markers(connection, reader.user_id, [conversation_id])
    blocked = {row.sender_id for row in rows if row.is_from_blocked}
    return MessagesListResponse(
        messages=[
            message_response(row, reader.user_id, markers[conversation_id], blocked)
            for row in rows[:limit]
        ],
        total=total,
        page=wanted.page,
        page_size=limit,
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
    horizon = await resources.policy.horizon()
    async with resources.database.write() as connection:
        membership = await load_membership(connection, conversation_id, reader.user_id)
        row = await queries.find_message(
            connection, Place(conversation_id, reader.user_id, horizon), message_id
        )
        if row is None or row.seq < membership.joined_seq:
            raise NotFound("There is no such message here.", code="message_not_found")
        moved = await queries.move_marker(
            connection, conversation_id, reader.user_id, row.seq, message_id
        )
        members = resources.members.get(conversation_id, membership.members_version)
        members = members or await load_members(connection, conversation_id)
        if moved and len(members.ids) <= resources.settings.receipt_rows_max_participants:
            unread = Span(max(membership.last_read_seq + 1, membership.joined_seq), row.seq)
            await queries.add_receipts(connection, conversation_id, reader.user_id, unread, now)
        read_at = await queries.marker_time(connection, message_id, reader.user_id) or now
        counts = await unread_counts(connection, reader.user_id, [conversation_id], horizon)
    if moved:
        others = members.others_than(reader.user_id)
        frame = MessageRead(
            conversation_id=conversation_id,
            user_id=reader.user_id,
            message_id=message_id,
            read_at=read_at,
        )
        resources.event_bus.publish(
            Envelope(
                READ_RECEIPTS, (reader.user_id, *others), frame.model_dump_json(), conversation_id
            )
        )
    return MarkReadResponse(
        conversation_id=conversation_id,
        message_id=message_id,
        read_at=read_at,
        unread_count=counts.get(conversation_id, 0),
    )

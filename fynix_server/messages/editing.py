"""Changing and deleting what one has sent.

Both wait for the conversation's lock before they look at anything, so that nobody changes a
message after they were taken out of the conversation.
"""

from uuid import UUID

from fynix_server.auth import Principal
from fynix_server.errors import NotFound, NotPermitted
from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import NewEvent, append_event, event_frame, hidden_message_frame
from fynix_server.membership import Members, active_member_ids, load_members, load_membership
from fynix_server.messages import conversation_locks, queries
from fynix_server.messages.held_rows import withdraw_held
from fynix_server.messages.queries import Place
from fynix_server.messages.retries import digest_of
from fynix_server.policy import refusal_to_write, review_message
from fynix_server.protocol.messages import MessageResponse
from fynix_server.read_state import message_response, read_markers
from fynix_server.resources import Resources
from fynix_server.tables import AnyRow


async def delete_message(
    resources: Resources, person: Principal, conversation_id: UUID, message_id: UUID
) -> None:
    """Hide one's own message from everybody. Deleting it again changes nothing.

    Raises: NotFound, NotPermitted (another's message).
    """
    now = resources.clock()
    horizon = await resources.policy.horizon()
    async with resources.database.write() as connection:
        await connection.run_sync(conversation_locks.lock_conversations, [conversation_id])
        membership = await load_membership(connection, conversation_id, person.user_id)
        place = Place(conversation_id, person.user_id, horizon)
        row = await queries.find_message(connection, place, message_id)
        if row is None or row.seq < membership.joined_seq:
            raise NotFound("There is no such message here.", code="message_not_found")
        if row.sender_id != person.user_id:
            raise NotPermitted("Only its sender may delete a message.", code="not_the_sender")
        if row.is_deleted:
            return
        await queries.delete_message(connection, message_id, person.user_id, now)
        if row.hidden_because is None:
            await queries.count_one_less(connection, conversation_id)
        elif row.hidden_because == "held":
            await withdraw_held(connection, message_id, now)
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

    What may be written there now decides, as if it were sent: an edit reaches people too.

    Raises: NotFound (also a deleted one), NotPermitted (another's message, muted, blocked, a frozen
    conversation), ContentRejected.
    """
    now = resources.clock()
    horizon = await resources.policy.horizon()
    async with resources.database.write() as connection:
        await connection.run_sync(conversation_locks.lock_conversations, [conversation_id])
        membership = await load_membership(connection, conversation_id, person.user_id)
        place = Place(conversation_id, person.user_id, horizon)
        row = await queries.find_message(connection, place, message_id)
        if row is None or row.is_deleted or row.seq < membership.joined_seq:
            raise NotFound("There is no such message here.", code="message_not_found")
        if row.sender_id != person.user_id:
            raise NotPermitted("Only its sender may edit a message.", code="not_the_sender")
        shown = await read_markers(connection, person.user_id, [conversation_id])
        markers = shown[conversation_id]
        own = message_response(row, person.user_id, markers)
        if row.content == content:
            return own
        room = await load_members(connection, conversation_id)
        content = _reviewed(resources, person, room, row, content)
        if row.content == content:  # masked again as it was
            return own
        # They read nothing that was sent before they joined, edited or not.
        excluded = tuple(
            it.user_id
            for it in markers
            if it.joined_seq > row.seq or (row.hidden_because and it.user_id != row.sender_id)
        )
        sent_digest = digest_of(message_id, row.content)
        await queries.change_content(connection, message_id, content, sent_digest, now)
        event = NewEvent(conversation_id, "message_updated", person.user_id, message_id, {})
        seq = await append_event(connection, event, now)
    changed = {"content": content, "edited_at": now}
    seen_by_all = message_response(row, None, ()).model_copy(update=changed)
    payload = {"message": seen_by_all.model_dump(mode="json")}
    frame = event_frame("message_updated", conversation_id, seq, payload)
    hidden = hidden_message_frame(conversation_id, seq, message_id)
    resources.event_bus.publish(
        Envelope(
            MESSAGES,
            tuple(room.ids),
            frame,
            conversation_id,
            seq,
            for_opted_in=True,
            excluded=excluded,
            excluded_frame=hidden,
            blockers=tuple(room.blockers_of(person.user_id)),
        )
    )
    return own.model_copy(update=changed)


def _reviewed(
    resources: Resources, person: Principal, room: Members, row: AnyRow, content: str
) -> str:
    """The text that may be stored. Raises: NotPermitted, ContentRejected."""
    refusal = refusal_to_write(room, person.user_id)
    if refusal is not None:
        raise refusal
    if row.hidden_because == "held":
        # Else a moderator would let through what they have not seen.
        raise NotPermitted("A moderator looks at this message as it is.", code="edit_refused")
    now = resources.clock()
    review = review_message(resources.policy, person.user_id, content, row.content_type, now)
    if review.hidden_because is not None and row.hidden_because is None:
        # Others have the message already: its text cannot change for its sender alone.
        raise NotPermitted("This message cannot be edited now.", code="edit_refused")
    return review.content


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

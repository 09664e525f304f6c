"""Starting conversations, listing them, and reading their log."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.conversations import listing_queries, queries
from fynix_server.conversations.describing import describe, describe_conversation
from fynix_server.errors import FieldError, InvalidInput, NotFound, NotPermitted
from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import (
    NewEvent,
    Viewer,
    beginning_payload,
    event_frame,
    frames_after,
    record_event,
)
from fynix_server.membership import (
    blocked_among,
    load_membership,
    lock_people,
    severed_from,
)
from fynix_server.policy import cannot_message_user, require_voice
from fynix_server.protocol.conversations import (
    ConversationCreate,
    ConversationListResponse,
    ConversationResponse,
    ConversationsQuery,
    EventsQuery,
    EventsResponse,
)
from fynix_server.protocol.fields import MAX_PAGE_DEPTH
from fynix_server.resources import Resources
from fynix_server.tables import new_id

FIRST_SEQ = 1
"""The number of `conversation_created`."""


async def open_dm(
    resources: Resources, user_id: UUID, other_user_id: UUID
) -> tuple[ConversationResponse, bool]:
    """The conversation of two people, and whether this call made it. Racing calls make one.

    Raises: InvalidInput (with oneself), NotFound (no such person), NotPermitted (they do not want
    it, or the person has blocked them).
    """
    if user_id == other_user_id:
        raise InvalidInput("A conversation needs somebody else.", code="dm_with_oneself")
    dm_key = _dm_key(user_id, other_user_id)
    now = resources.clock()
    horizon = await resources.policy.horizon()
    async with resources.database.read() as connection:
        known_id = await queries.find_dm(connection, dm_key)
        if known_id is not None:
            return await describe_conversation(connection, user_id, known_id, horizon), False
        _require_all([other_user_id], await queries.known_user_ids(connection, [other_user_id]))
        await _require_welcome(connection, user_id, other_user_id, now)
    new = {**_new_conversation(now), "is_group": False, "dm_key": dm_key}
    roles = {user_id: "member", other_user_id: "member"}
    async with resources.database.write() as connection:
        conversation_id = await queries.insert_dm(connection, new)
        is_new = conversation_id == new["id"]  # unless the other was faster
        if is_new:
            _require_all(roles, await lock_people(connection, roles))
            frame = await _begin(connection, conversation_id, user_id, roles, now)
            # Again: a block may have been made meanwhile.
            await _require_welcome(connection, user_id, other_user_id, now)
        conversation = await describe_conversation(connection, user_id, conversation_id, horizon)
    if is_new:
        _announce_beginning(resources, conversation_id, frame, tuple(roles))
    return conversation, is_new


async def create_group(
    resources: Resources, creator_id: UUID, wanted: ConversationCreate
) -> ConversationResponse:
    """Start a group; its creator is its owner. Somebody named twice is in it once.

    Raises: NotFound (somebody named does not exist), NotPermitted (somebody does not want the
    creator to add them), Muted (a name is something to say, too).
    """
    now = resources.clock()
    require_voice(resources.policy, creator_id, now)
    new = {
        **_new_conversation(now),
        "is_group": True,
        "name": wanted.name,
        "description": wanted.description or None,
    }
    conversation_id = new["id"]
    roles = {**dict.fromkeys(wanted.participant_ids, "member"), creator_id: "owner"}
    horizon = await resources.policy.horizon()
    async with resources.database.write() as connection:
        _require_all(roles, await lock_people(connection, roles))
        await queries.insert_group(connection, new)
        frame = await _begin(connection, conversation_id, creator_id, roles, now)
        await require_willing(connection, creator_id, wanted.participant_ids, now)
        conversation = await describe_conversation(connection, creator_id, conversation_id, horizon)
    _announce_beginning(resources, conversation_id, frame, tuple(roles))
    return conversation


def _new_conversation(now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "created_at": now,
        "updated_at": now,
        "last_seq": FIRST_SEQ,
        "members_version": 1,
    }


async def _begin(
    connection: AsyncConnection,
    conversation_id: UUID,
    creator_id: UUID,
    roles: dict[UUID, str],
    now: datetime,
) -> str:
    """Store the people of a new conversation and its first event; the frame of that event."""
    people = [
        participant_row(conversation_id, user_id, role, FIRST_SEQ, now)
        for user_id, role in roles.items()
    ]
    await queries.insert_participants(connection, people)
    payload = await beginning_payload(connection, conversation_id, FIRST_SEQ)
    event = NewEvent(conversation_id, "conversation_created", creator_id, None, payload)
    await record_event(connection, event, FIRST_SEQ, now)
    return event_frame(event.type, conversation_id, FIRST_SEQ, payload)


def participant_row(
    conversation_id: UUID, user_id: UUID, role: str, joined_seq: int, now: datetime
) -> dict[str, Any]:
    """The row of somebody who takes part from `joined_seq` on."""
    return {
        "conversation_id": conversation_id,
        "user_id": user_id,
        "role": role,
        "joined_seq": joined_seq,
        "joined_at": now,
        "is_active": True,
    }


def _announce_beginning(
    resources: Resources, conversation_id: UUID, frame: str, people: tuple[UUID, ...]
) -> None:
    resources.event_bus.publish(
        Envelope(
            channel=MESSAGES,
            recipients=people,
            frame=frame,
            conversation_id=conversation_id,
            seq=FIRST_SEQ,
            for_opted_in=True,
            joiners=people,
        )
    )


def _require_all(user_ids: Collection[UUID], known: Collection[UUID]) -> None:
    unknown = [user_id for user_id in user_ids if user_id not in known]
    if unknown:
        raise NotFound(f"There is no user {unknown[0]}.", code="user_not_found")


def _dm_key(user_id: UUID, other_user_id: UUID) -> str:
    return ":".join(sorted((str(user_id), str(other_user_id))))


async def _require_welcome(
    connection: AsyncConnection, user_id: UUID, other_user_id: UUID, now: datetime
) -> None:
    """Whether somebody may begin a direct conversation.

    Raises: NotPermitted (`user_blocked`: by themselves; `cannot_message_user`: for whatever reason
    of the other, so that a block looks like any of them).
    """
    if await blocked_among(connection, user_id, [other_user_id]):
        raise NotPermitted("You have blocked them; unblock them to write.", code="user_blocked")
    is_blocked = await blocked_among(connection, other_user_id, [user_id])
    if is_blocked or await queries.unwelcoming(connection, [other_user_id], now):
        raise cannot_message_user()


async def require_willing(
    connection: AsyncConnection, actor_id: UUID, user_ids: Sequence[UUID], now: datetime
) -> None:
    """Who may add whom to a group: whoever could write to them, so that no group gets around it.

    Raises: NotPermitted (the same for whatever reason, so that a block looks like any of them).
    """
    is_severed = await severed_from(connection, actor_id, user_ids)
    if is_severed or await _is_refused(connection, actor_id, user_ids, now):
        raise NotPermitted("You cannot add this person.", code="cannot_add_user")


async def _is_refused(
    connection: AsyncConnection, actor_id: UUID, user_ids: Sequence[UUID], now: datetime
) -> bool:
    """Whether one of them is shut out, or wants nobody new and has no conversation with them."""
    unwelcoming = await queries.unwelcoming(connection, set(user_ids) - {actor_id}, now)
    keys = {_dm_key(actor_id, it) for it in unwelcoming}
    known = await queries.known_dms(connection, keys) if keys else set()
    return any(unwelcoming.values()) or known != keys


async def list_conversations(
    resources: Resources, user_id: UUID, wanted: ConversationsQuery
) -> ConversationListResponse:
    """A page of a person's conversations, the most recently active first.

    Five queries, however many conversations are on it.

    Raises: InvalidInput (a page too deep to be read by OFFSET).
    """
    end = wanted.page * wanted.page_size
    if end > MAX_PAGE_DEPTH:
        problem = f"page * page_size may be at most {MAX_PAGE_DEPTH}."
        raise InvalidInput(
            problem, code="page_too_deep", errors=(FieldError("query.page", problem),)
        )
    horizon = await resources.policy.horizon()
    async with resources.database.read() as connection:
        rows = await listing_queries.conversations_of(
            connection,
            user_id,
            offset=end - wanted.page_size,
            limit=wanted.page_size,
            is_misled=resources.policy.misleads(user_id),
        )
        total = await listing_queries.count_conversations(connection, user_id)
        conversations = await describe(connection, user_id, rows, horizon)
    return ConversationListResponse.model_construct(
        conversations=conversations,
        total=total,
        page=wanted.page,
        page_size=wanted.page_size,
        has_next=end < total,
    )


async def get_conversation(
    resources: Resources, user_id: UUID, conversation_id: UUID
) -> ConversationResponse:
    """One conversation as a participant sees it.

    Raises: NotFound, NotPermitted.
    """
    horizon = await resources.policy.horizon()
    async with resources.database.read() as connection:
        await load_membership(connection, conversation_id, user_id)
        return await describe_conversation(connection, user_id, conversation_id, horizon)


async def list_events(
    resources: Resources, user_id: UUID, conversation_id: UUID, wanted: EventsQuery
) -> EventsResponse:
    """What followed `after_seq`, oldest first; nothing from before the reader joined.

    Raises: NotFound, NotPermitted.
    """
    horizon = await resources.policy.horizon()
    async with resources.database.read() as connection:
        membership = await load_membership(connection, conversation_id, user_id)
        after_seq = max(wanted.after_seq, membership.joined_seq - 1)
        frames = await frames_after(
            connection, conversation_id, after_seq, wanted.limit + 1, horizon=horizon
        )
        senders = {it.sender_id for it in frames if it.sender_id} - {user_id}
        blocked = await blocked_among(connection, user_id, senders)
    page = frames[: wanted.limit]
    viewer = Viewer(user_id, membership.joined_seq, blocked)
    return EventsResponse(
        events=[json.loads(it.frame_for(viewer)) for it in page],
        next_seq=page[-1].seq if page else after_seq,
        has_more=len(frames) > len(page),
    )

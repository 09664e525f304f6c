"""What can be done with messages. `send_message` is the hot path."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from uuid import UUID

from fynix_server import metrics
from fynix_server.auth import Principal
from fynix_server.errors import RateLimited
from fynix_server.event_bus import MESSAGES, Envelope
from fynix_server.event_log import (
    new_message_frame,
)
from fynix_server.messages import queries
from fynix_server.messages.writer import Draft, Stored
from fynix_server.protocol.messages import (
    MessageCreate,
    MessageResponse,
)
from fynix_server.rate_limit import LimitState
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

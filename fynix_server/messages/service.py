"""Sending a message: the hot path."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from fynix_server import metrics
from fynix_server.auth import Principal
from fynix_server.errors import NotFound, NotPermitted, RateLimited
from fynix_server.event_bus import MESSAGES, Envelope, EventBus
from fynix_server.event_log import hidden_message_frame, new_message_frame
from fynix_server.messages.drafts import Draft, Stored
from fynix_server.policy import ContentRejected, Muted, review_message
from fynix_server.protocol.messages import MessageCreate
from fynix_server.rate_limit import LimitState, RateLimiter
from fynix_server.resources import Resources

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Sent:
    """A message that is stored. `is_replay`: an earlier try had stored it.

    `limit`: where the sender stands now; None for a retry that the limit never met.
    """

    message_json: str
    is_replay: bool
    limit: LimitState | None


@dataclass(slots=True)
class Sending:
    """A message on its way: it has its place in the queue. Await `sent` for what became of it.

    `sent` raises NotFound, NotPermitted (not a participant), Conflict (the key belongs to
    another text), Unavailable.
    """

    limit: LimitState | None
    sent: Awaitable[Sent]


async def send_message(
    resources: Resources, sender: Principal, conversation_id: UUID, draft: MessageCreate
) -> Sending:
    """Let a message in, and give it its place: the hot path, whole.

    Reached from messages/routes.py and sockets/commands.py (who is sending is known there);
    continues in messages/writer.py, which commits it, then in `announce_message` below, and in
    sockets/delivery.py. Once this returns the order is fixed: a client's next message may be let
    in before this one is stored.

    Raises: RateLimited, Muted, ContentRejected, Unavailable (too many wait).
    """
    written = Draft(
        conversation_id=conversation_id,
        sender_id=sender.user_id,
        sender_username=sender.username,
        content=draft.content,
        content_type=draft.content_type,
        client_message_id=draft.client_message_id,
    )
    try:
        # A retry names what the window holds already, stored or still on its way: it is let in.
        limit = await resources.limiter.consume("messages", str(sender.user_id), _once(written))
        _review(resources, written)
    except (RateLimited, Muted, ContentRejected) as refusal:
        # Nor does a later retry of what is stored meet what refuses it now; anything else does.
        if written.key is None or not await resources.retry_lookup.is_stored(written.key):
            raise refusal
        # Should it have gone meanwhile, as a purge takes it, this is no retry any more.
        written.refusal = refusal
        return Sending(None, _retried(resources.message_writer.submit(written)))
    future = resources.message_writer.submit(written)
    return Sending(limit, _sent(resources, written, future, limit))


def announce_message(event_bus: EventBus, stored: Stored) -> None:
    """Tell everybody in the conversation. The writer calls it, once for each new message.

    After the commit: no socket may show a message that a rollback takes back. A crash between
    the two loses the event, not the message: delivery finds it in the database. And not by the
    sender's request, which may be cancelled: what is stored is told, whoever has gone away.
    """
    message = stored.message
    excluded: tuple[UUID, ...] = ()
    excluded_frame = ""
    if stored.is_hidden:
        excluded = tuple(it for it in stored.recipients if it != message.sender_id)
        excluded_frame = hidden_message_frame(message.conversation_id, message.seq, message.id)
    event_bus.publish(
        Envelope(
            channel=MESSAGES,
            recipients=stored.recipients,
            frame=new_message_frame(message.conversation_id, message.seq, stored.message_json),
            conversation_id=message.conversation_id,
            seq=message.seq,
            sender_id=message.sender_id,
            excluded=excluded,
            excluded_frame=excluded_frame,
            blockers=tuple(stored.blockers),
        )
    )
    metrics.messages_sent.inc()
    log.debug("message_sent", message_id=message.id, conversation_id=message.conversation_id)


def _review(resources: Resources, draft: Draft) -> None:
    """Raises: Muted, ContentRejected, Unavailable."""
    review = review_message(
        resources.policy, draft.sender_id, draft.content, draft.content_type, resources.clock()
    )
    draft.sent_content, draft.content = draft.content, review.content
    draft.hidden_because = review.hidden_because
    draft.rules = review.rules


async def _sent(
    resources: Resources, draft: Draft, future: "asyncio.Future[Stored]", limit: LimitState
) -> Sent:
    try:
        stored = await future
    except (NotFound, NotPermitted):
        await _charge(resources.limiter, draft)
        raise
    if stored.is_replay and limit.is_counted and (once := _once(draft)):
        age = resources.clock() - stored.message.created_at
        # The try that stored it has paid, unless this one, at the same time, has paid for both.
        if age.total_seconds() >= limit.window_seconds:
            await resources.limiter.give_back("messages", str(draft.sender_id), once)
            limit = replace(limit, remaining=min(limit.remaining + 1, limit.limit))
    return Sent(stored.message_json, stored.is_replay, limit)


async def _charge(limiter: RateLimiter, draft: Draft) -> None:
    """Make a refused send cost a place of its own: its key names nothing that was stored.

    Under the key, whoever may not write there could ask as often as they like.
    """
    if once := _once(draft):
        user_id = str(draft.sender_id)
        await limiter.give_back("messages", user_id, once)
        with suppress(RateLimited):  # the next try meets it
            await limiter.consume("messages", user_id)


def _once(draft: Draft) -> str | None:
    """What makes a retry the same message in its sender's window; None without a key."""
    if draft.client_message_id is None:
        return None
    return f"{draft.conversation_id}:{draft.client_message_id}"


async def _retried(future: "asyncio.Future[Stored]") -> Sent:
    # The writer answers a known key without storing anything; it also knows every refusal.
    stored = await future
    return Sent(stored.message_json, True, None)

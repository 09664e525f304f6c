"""Bugs to plant in the server, one for each promise: a checker that misses one proves nothing.

Each changes one function of the running product, as a mistake in it would.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.connections import Connection, Outbox
from fynix_server.conversations import describing
from fynix_server.errors import FynixError
from fynix_server.event_bus import Envelope
from fynix_server.event_log import new_message_frame
from fynix_server.membership import Members, Membership, active_member_ids, load_membership
from fynix_server.messages import group_rows, queries, reading, service
from fynix_server.messages.drafts import Draft, Stored
from fynix_server.messages.group import Group
from fynix_server.messages.group_rows import NewMessageRow
from fynix_server.messages.writer import MessageWriter
from fynix_server.protocol.messages import MessageResponse
from fynix_server.read_state import unread_counts
from fynix_server.sockets import replay
from fynix_server.sockets.delivery import Delivery
from fynix_server.tables import ConversationParticipant

Patch = pytest.MonkeyPatch
Plant = Callable[[Patch], None]
EVERY = 5
"""One in so many goes wrong: bugs that always show are easy to find."""


def acknowledges_without_storing(patch: Patch) -> None:
    store = group_rows.store_group

    def lossy(connection: DatabaseConnection, new: Sequence[NewMessageRow]) -> None:
        store(connection, [it for it in new if it.message.seq % EVERY] or new[:1])

    patch.setattr(group_rows, "store_group", lossy)


def stores_a_retry_again(patch: Patch) -> None:
    def forgotten(*_: Any) -> dict[Any, Any]:
        return {}

    store = group_rows.store_group

    def keyless(connection: DatabaseConnection, new: Sequence[NewMessageRow]) -> None:
        forgetful = {"client_message_id": None}
        store(
            connection, [it._replace(message=it.message.model_copy(update=forgetful)) for it in new]
        )

    patch.setattr(queries, "messages_by_key", forgotten)
    patch.setattr(group_rows, "store_group", keyless)


def stores_what_it_refuses(patch: Patch) -> None:
    decide = Group.decide

    def careless(group: Group, draft: Draft, now: datetime) -> Stored | FynixError:
        outcome = decide(group, draft, now)
        if isinstance(outcome, FynixError) and draft.conversation_id in group._last_seq:
            group._add(replace(draft, client_message_id=None), now)
        return outcome

    patch.setattr(Group, "decide", careless)


def skips_a_number(patch: Patch) -> None:
    add = Group._add

    def skipping(group: Group, draft: Draft, now: datetime) -> MessageResponse:
        message = add(group, draft, now)
        if message.seq % EVERY == 0:
            group._last_seq[draft.conversation_id] += 1
        return message

    patch.setattr(Group, "_add", skipping)


def lets_the_last_go_first(patch: Patch) -> None:
    submit = MessageWriter.submit

    def impatient(self: MessageWriter, draft: Draft) -> Any:
        future = submit(self, draft)
        self._waiting._lanes[draft.conversation_id].rotate(1)
        return future

    patch.setattr(MessageWriter, "submit", impatient)


def lets_strangers_send(patch: Patch) -> None:
    decide = Group.decide

    def welcoming(group: Group, draft: Draft, now: datetime) -> Stored | FynixError:
        members = group._members.get(draft.conversation_id, Members(frozenset()))
        joined = replace(members, ids=members.ids | {draft.sender_id})
        group._members[draft.conversation_id] = joined
        return decide(group, draft, now)

    patch.setattr(Group, "decide", welcoming)


def loses_frames(patch: Patch) -> None:
    put, count = Outbox.put, iter(range(10**9))

    def leaky(self: Outbox, frame: str) -> bool:
        is_lost = '"seq":' in frame[:120] and next(count) % (EVERY * 3) == 0
        return True if is_lost else put(self, frame)

    patch.setattr(Outbox, "put", leaky)


def sends_frames_twice(patch: Patch) -> None:
    put = Outbox.put

    def stammering(self: Outbox, frame: str) -> bool:
        if frame.startswith('{"type":"new_message"') and frame.endswith("}"):
            put(self, frame)
        return put(self, frame)

    patch.setattr(Outbox, "put", stammering)


def sends_the_newest_first(patch: Patch) -> None:
    take = Connection.take_frames

    async def hasty(self: Connection) -> list[str | bytes]:
        return (await take(self))[::-1]

    patch.setattr(Connection, "take_frames", hasty)


def leaves_gaps(patch: Patch) -> None:
    def careless(self: Delivery, envelope: Envelope) -> None:
        feed = self._feeds.get(envelope.conversation_id)
        if envelope.seq is not None and feed is not None and feed.delivered is not None:
            # Whatever comes is taken for the next.
            feed.delivered = max(feed.delivered, envelope.seq - 1)
        deliver(self, envelope)

    deliver = Delivery.deliver
    patch.setattr(Delivery, "deliver", careless)


def tells_everybody(patch: Patch) -> None:
    hand_out = Delivery._hand_out

    def indiscreet(self: Delivery, envelope: Envelope, seq: int) -> None:
        hand_out(self, replace(envelope, recipients=tuple(self._watched)), seq)

    patch.setattr(Delivery, "_hand_out", indiscreet)


def replays_what_came_before_joining(patch: Patch) -> None:
    async def generous(
        connection: AsyncConnection, conversation_id: UUID, user_id: UUID
    ) -> Membership:
        found = await load_membership(connection, conversation_id, user_id)
        return replace(found, joined_seq=0)

    patch.setattr(replay, "load_membership", generous)


def lists_to_anybody(patch: Patch) -> None:
    async def trusting(
        connection: AsyncConnection, conversation_id: UUID, user_id: UUID
    ) -> Membership:
        members = await active_member_ids(connection, [conversation_id])
        somebody = user_id if user_id in members[conversation_id] else members[conversation_id][0]
        return await load_membership(connection, conversation_id, somebody)

    patch.setattr(reading, "load_membership", trusting)


def moves_markers_back(patch: Patch) -> None:
    async def anywhere(
        connection: AsyncConnection,
        conversation_id: UUID,
        user_id: UUID,
        seq: int,
        message_id: UUID,
    ) -> bool:
        part = ConversationParticipant
        await connection.execute(
            update(part)
            .where(part.conversation_id == conversation_id, part.user_id == user_id)
            .values(last_read_seq=seq, last_read_message_id=message_id)
        )
        return True

    patch.setattr(queries, "move_marker", anywhere)


def counts_one_too_many(patch: Patch) -> None:
    async def generous(*arguments: Any) -> dict[UUID, int]:
        return {it: count + 1 for it, count in (await unread_counts(*arguments)).items()}

    patch.setattr(describing, "unread_counts", generous)


def shows_another_text(patch: Patch) -> None:
    def garbled(conversation_id: UUID, seq: int, message_json: str) -> str:
        frame = new_message_frame(conversation_id, seq, message_json)
        return frame.replace('"content":"', '"content":"not ') if seq % EVERY == 0 else frame

    patch.setattr(service, "new_message_frame", garbled)


PLANTS: dict[Plant, str] = {
    acknowledges_without_storing: "an acknowledged message is stored as acknowledged",
    stores_a_retry_again: "a message is stored once, however often it was sent",
    stores_what_it_refuses: "a refused message is not stored",
    skips_a_number: "the numbers of a conversation have no hole and no double",
    lets_the_last_go_first: "messages stand in the order in which they were sent",
    lets_strangers_send: "only participants write and act",
    loses_frames: "a reader sees no hole, and in the end everything",
    leaves_gaps: "a reader sees no hole, and in the end everything",
    sends_frames_twice: "a reader sees each message once, in one order",
    sends_the_newest_first: "a reader sees each message once, in one order",
    shows_another_text: "everybody sees the same thing under a number",
    tells_everybody: "nobody is shown what they have no right to see",
    replays_what_came_before_joining: "nobody is shown what they have no right to see",
    lists_to_anybody: "who is not in a conversation may not list it",
    moves_markers_back: "read markers only move forward",
    counts_one_too_many: "unread is the count of what was not read",
}
"""Each bug, and the promise that the checker must find broken."""

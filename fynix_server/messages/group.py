"""One group commit: who may write where, and the numbers that messages get."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from fynix_server.errors import Conflict, NotFound, NotPermitted
from fynix_server.membership import Members, MembersCache, load_members_now
from fynix_server.messages import conversation_locks, queries
from fynix_server.messages.drafts import Draft, Outcome, Stored
from fynix_server.messages.group_rows import NewMessageRow
from fynix_server.messages.held_rows import held_row
from fynix_server.messages.retries import Known, digest_of
from fynix_server.policy import refusal_to_write
from fynix_server.protocol.messages import MessageResponse
from fynix_server.tables import new_id


class KeysWanted(Exception):
    """Somebody may not write there, but may be asking for what is stored already: look it up."""


class Group:
    """One transaction's view: the locked conversations, their members, the keys already used."""

    def __init__(
        self,
        last_seq: dict[UUID, int],
        members: dict[UUID, Members],
        by_key: dict[tuple[UUID, UUID, str], Known],
        *,
        are_keys_known: bool,
    ) -> None:
        self._last_seq = last_seq
        self._members = members
        self._by_key = by_key
        self._are_keys_known = are_keys_known
        self.added: list[NewMessageRow] = []
        self.held: list[dict[str, Any]] = []

    @classmethod
    def load(
        cls,
        connection: Connection,
        drafts: Sequence[Draft],
        cache: MembersCache,
        *,
        look_up_keys: bool,
    ) -> "Group":
        locked = conversation_locks.lock_conversations(
            connection, {it.conversation_id for it in drafts}
        )
        members = {}
        unknown = []
        for conversation_id, row in locked.items():
            cached = cache.get(conversation_id, row.members_version)
            if cached is None:
                unknown.append(conversation_id)
            else:
                members[conversation_id] = cached
        if unknown:
            for conversation_id, loaded in load_members_now(connection, unknown).items():
                members[conversation_id] = loaded
                cache.put(conversation_id, locked[conversation_id].members_version, loaded)
        by_key = {}
        if look_up_keys and (keys := {key for it in drafts if (key := it.key) is not None}):
            by_key = queries.messages_by_key(connection, keys)
        last_seq = {id_: row.last_seq for id_, row in locked.items()}
        return cls(last_seq, members, by_key, are_keys_known=look_up_keys)

    def decide(self, draft: Draft, now: datetime) -> Outcome:
        """What becomes of `draft`; a new message is given the next number of its conversation."""
        if draft.conversation_id not in self._last_seq:
            return NotFound("There is no such conversation.", code="conversation_not_found")
        members = self._members[draft.conversation_id]
        if draft.sender_id not in members.ids:
            return NotPermitted("You are not in this conversation.", code="not_a_participant")
        known = self._by_key.get(draft.key) if draft.key is not None else None
        if known is None:
            return self._decide_on_new(draft, members, now)
        if not known.was_sent_as(draft.as_sent, draft.content_type):
            return Conflict(
                "This client_message_id belongs to another message.",
                code="idempotency_conflict",
            )
        return Stored(known.message, (), is_replay=True)

    def _decide_on_new(self, draft: Draft, members: Members, now: datetime) -> Outcome:
        refusal = draft.refusal or refusal_to_write(members, draft.sender_id)
        if refusal is not None:
            if draft.key is not None and not self._are_keys_known:
                raise KeysWanted
            return refusal
        return Stored(
            self._add(draft, now),
            tuple(members.ids),
            is_replay=False,
            is_hidden=draft.hidden_because is not None,
            blockers=members.blockers_of(draft.sender_id),
        )

    def _add(self, draft: Draft, now: datetime) -> MessageResponse:
        conversation_id = draft.conversation_id
        seq = self._last_seq[conversation_id] = self._last_seq[conversation_id] + 1
        # Every field comes from checked input or from here: nothing is left to validate.
        message = MessageResponse.model_construct(
            id=new_id(),
            conversation_id=conversation_id,
            seq=seq,
            sender_id=draft.sender_id,
            sender_username=draft.sender_username,
            content=draft.content,
            content_type=draft.content_type,
            created_at=now,
            edited_at=None,
            client_message_id=draft.client_message_id,
            is_read=False,
            read_by=[],
            is_held=draft.hidden_because == "held",
            is_from_blocked=False,
        )
        digest = None
        if draft.as_sent != draft.content:
            digest = digest_of(message.id, draft.as_sent)
        self.added.append(NewMessageRow(message, draft.hidden_because, digest))
        if draft.hidden_because == "held":
            self.held.append(held_row(message, draft.rules))
        if draft.key is not None:
            self._by_key[draft.key] = Known(message, digest)
        return message

"""Made-up people, put into a database with everything that they and others did."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from fynix_server.database import Database
from fynix_server.spam.conduct import Opening, Sent
from fynix_server.tables import (
    Block,
    Conversation,
    ConversationParticipant,
    Message,
    Report,
    Table,
    User,
    new_id,
)
from tests.spam.traffic.story import NOW, Story

_LONG_AGO = timedelta(days=8)
"""Older than what the signals look at, and lately enough for complaints."""


@dataclass
class Stage:
    """Rows of one made-up person, whose NOW is `now`."""

    now: datetime
    user_id: UUID = field(default_factory=new_id)
    rows: dict[type[Table], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def at(self, moment: datetime) -> datetime:
        return moment + (self.now - NOW)

    def person(self, user_id: UUID, created_at: datetime) -> UUID:
        row = {"id": user_id, "username": user_id.hex, "display_name": "?", "password_hash": "!"}
        self.rows[User].append({**row, "created_at": created_at})
        return user_id

    def talk(self, said: Sequence[tuple[UUID, datetime, str]], *, is_group: bool = False) -> None:
        """A conversation of theirs and of one other, message by message."""
        conversation_id, other = new_id(), self.others_of(said)
        first, last = said[0][1], said[-1][1]
        key = ":".join(sorted((str(self.user_id), str(other))))
        self.rows[Conversation].append(
            {
                "id": conversation_id,
                "is_group": is_group,
                "dm_key": None if is_group else key,
                "last_seq": len(said) + 1,
                "message_count": len(said),
                "last_message_at": last,
                "created_at": first,
            }
        )
        place = {"conversation_id": conversation_id}
        for user_id in (self.user_id, other):
            member = {"user_id": user_id, "joined_at": first, "joined_seq": 1}
            self.rows[ConversationParticipant].append({**place, **member})
        for seq, (sender_id, at, content) in enumerate(said, start=2):
            message = {"id": new_id(), "seq": seq, "sender_id": sender_id, "content": content}
            self.rows[Message].append({**place, **message, "created_at": at})

    def others_of(self, said: Sequence[tuple[UUID, datetime, str]]) -> UUID:
        known = next((sender_id for sender_id, _, _ in said if sender_id != self.user_id), None)
        return known or self.person(new_id(), said[0][1])

    def open(self, opening: Opening) -> None:
        """A conversation that they began, answered or not."""
        said = [(self.user_id, self.at(opening.at), opening.content)]
        if opening.is_answered:
            said.append((self.person(new_id(), self.now), self.now, "yes?"))
        self.talk(said)

    def go_on(self, recipient: str, sent: Sequence[Sent]) -> None:
        """What they said in a conversation that somebody else had begun."""
        begun = self.at(NOW) - _LONG_AGO
        other = self.person(new_id(), begun)
        own = [(self.user_id, self.at(it.at), it.content) for it in sorted(sent, key=_time)]
        self.talk([(other, begun, "hello"), *own], is_group=recipient.startswith("group"))

    def complainer(self) -> UUID:
        """Somebody to whom they wrote a week ago."""
        begun = self.now - _LONG_AGO
        other = self.person(new_id(), begun)
        self.talk([(other, begun, "hello"), (self.user_id, begun, "my offer")])
        return other


def _time(sent: Sent) -> datetime:
    return sent.at


async def stage(database: Database, story: Story, now: datetime) -> UUID:
    """Put the person of a story into the database; their id."""
    conduct, it = story.conduct, Stage(now)
    it.person(it.user_id, it.at(conduct.account_created_at))
    for opening in conduct.openings:
        it.open(opening)
    for recipient, sent in _elsewhere(story):
        it.go_on(recipient, sent)
    for _ in range(story.complaints.blocks):
        row = {"blocker_id": it.complainer(), "blocked_id": it.user_id, "created_at": now}
        it.rows[Block].append(row)
    for _ in range(story.complaints.reports):
        key = {"target_key": f"user:{it.user_id}", "target_user_id": it.user_id, "reason": "spam"}
        row = {"id": new_id(), "reporter_id": it.complainer(), "created_at": now, **key}
        it.rows[Report].append(row)
    async with database.write() as connection:
        for table in (User, Conversation, ConversationParticipant, Message, Block, Report):
            if rows := it.rows[table]:
                await connection.execute(insert(table), rows)
    return it.user_id


def _elsewhere(story: Story) -> Iterator[tuple[str, list[Sent]]]:
    """What was sent lately to others than those whom they wrote to first, by recipient."""
    begun = {(it.at, it.content) for it in story.conduct.openings}
    by_recipient: dict[str, list[Sent]] = defaultdict(list)
    for sent in story.conduct.sent:
        if (sent.at, sent.content) not in begun:
            by_recipient[str(sent.recipient)].append(sent)
    yield from by_recipient.items()

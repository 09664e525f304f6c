"""People, messages and frames for tests of what `fynix chat` knows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from fynix_cli.chatting.outgoing import Outgoing
from fynix_cli.chatting.rows import MessageRow, Reader, Row, rows_of
from fynix_cli.chatting.thread import Thread
from fynix_server.protocol.accounts import OwnUserResponse
from fynix_server.protocol.conversations import ConversationResponse, ParticipantResponse
from fynix_server.protocol.frames import NewMessage
from fynix_server.protocol.messages import MessageResponse, MessagesListResponse

ALICE, BOB, CAROL = (UUID(int=number) for number in (10, 11, 12))
PLACE, OTHER_PLACE = UUID(int=20), UUID(int=21)
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
NAMES = {ALICE: "alice", BOB: "bob", CAROL: "carol"}
ME = OwnUserResponse(
    id=ALICE,
    username="alice",
    display_name="Alice",
    avatar_url=None,
    created_at=NOON,
    role="user",
)


def message(seq: int, sender: UUID = BOB, content: str = "", **more: object) -> MessageResponse:
    fields = {
        "id": UUID(int=1000 + seq),
        "conversation_id": PLACE,
        "seq": seq,
        "sender_id": sender,
        "sender_username": NAMES[sender],
        "content": content or f"message {seq}",
        "content_type": "text",
        "created_at": NOON + timedelta(seconds=seq),
    }
    return MessageResponse.model_validate(fields | more)


def page(*messages: MessageResponse, has_next: bool = False) -> MessagesListResponse:
    """As the server gives it: the newest first."""
    newest_first = sorted(messages, key=lambda it: it.seq, reverse=True)
    return MessagesListResponse(
        messages=newest_first,
        total=len(messages),
        page=1,
        page_size=50,
        has_next=has_next,
        conversation_id=PLACE,
    )


def conversation(
    unread: int = 0, last_seq: int = 0, id: UUID = PLACE, minutes: int = 0
) -> ConversationResponse:
    people = [
        ParticipantResponse(
            user_id=user_id,
            username=NAMES[user_id],
            display_name=NAMES[user_id],
            avatar_url=None,
            joined_at=NOON,
            is_active=True,
            role="member",
            last_read_message_id=None,
        )
        for user_id in (ALICE, BOB)
    ]
    return ConversationResponse(
        id=id,
        is_group=False,
        name=None,
        description=None,
        created_at=NOON,
        updated_at=NOON,
        last_message_at=NOON + timedelta(minutes=minutes),
        last_seq=last_seq,
        participants=people,
        last_message=None,
        unread_count=unread,
    )


def arrival(seq: int, sender: UUID = BOB, place: UUID = PLACE) -> NewMessage:
    sent = message(seq, sender, conversation_id=place, created_at=NOON + timedelta(hours=seq))
    return NewMessage(conversation_id=place, seq=seq, message=sent)


def rows(thread: Thread, *, others: tuple[UUID, ...] = (BOB,), now: datetime = NOON) -> list[Row]:
    reader = Reader(ALICE, "alice", frozenset(others), is_group=len(others) > 1)
    return rows_of(thread, reader, now)


def messages_of(thread: Thread, others: tuple[UUID, ...] = (BOB,)) -> list[MessageRow]:
    return [row for row in rows(thread, others=others) if isinstance(row, MessageRow)]


def outgoing(key: str, text: str = "hello") -> Outgoing:
    return Outgoing(key, text, NOON)

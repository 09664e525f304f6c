"""What the demo is made of: a window, a picture of it, and a line that can be cut."""

from datetime import UTC, datetime
from io import StringIO
from uuid import UUID

import pytest
from rich.console import Console

from fynix_cli.demo.drawing import picture
from fynix_cli.demo.person import Person
from fynix_cli.demo.stage import Stage
from fynix_cli.demo.window import Window
from fynix_cli.session import anonymous_client
from fynix_server.protocol.frames import (
    MessageDeleted,
    MessageRead,
    MessageUpdated,
    NewMessage,
    Typing,
)
from fynix_server.protocol.messages import MessageResponse

ALICE, BOB, PLACE = (UUID(int=number) for number in (1, 2, 3))


def message(seq: int, content: str, sender: UUID = ALICE) -> MessageResponse:
    return MessageResponse(
        id=UUID(int=100 + seq),
        conversation_id=PLACE,
        seq=seq,
        sender_id=sender,
        sender_username="alice",
        content=content,
        content_type="text",
        created_at=datetime.now(UTC),
    )


def arrived(seq: int, content: str) -> NewMessage:
    return NewMessage(conversation_id=PLACE, seq=seq, message=message(seq, content))


def test_a_window_shows_messages_in_their_order_as_they_stand_now() -> None:
    window = Window(BOB)

    window.take(Typing(conversation_id=PLACE, user_id=ALICE, is_typing=True))
    was_typing = window.is_other_typing
    window.take(arrived(3, "second"))
    window.take(arrived(2, "first"))
    window.take(MessageUpdated(conversation_id=PLACE, seq=4, message=message(2, "corrected")))
    window.take(
        MessageDeleted(conversation_id=PLACE, seq=5, message_id=message(3, "").id, deleted_by=ALICE)
    )

    assert was_typing
    assert not window.is_other_typing
    first, second = window.entries
    assert (first.text, first.is_edited, first.is_deleted) == ("corrected", True, False)
    assert (second.text, second.is_deleted) == ("", True)
    assert window.entry_of("second") is None


@pytest.mark.parametrize(("reader", "is_read"), [(BOB, True), (ALICE, False)])
def test_a_tick_doubles_when_the_other_one_has_read(reader: UUID, is_read: bool) -> None:
    window = Window(ALICE)
    window.take(arrived(2, "hello"))

    window.take(
        MessageRead(
            conversation_id=PLACE,
            user_id=reader,
            message_id=message(2, "").id,
            read_at=datetime.now(UTC),
        )
    )

    (entry,) = window.entries
    assert window.is_read(entry) is is_read


@pytest.mark.parametrize("height", [16, 24, 60])
async def test_a_picture_fits_and_shows_nothing_that_a_terminal_obeys(height: int) -> None:
    window = Window(ALICE)
    window.is_connected = True
    for number in range(30):
        window.take(arrived(number + 2, f"message {number} \x1b[2J\u202e"))
    async with anonymous_client("http://127.0.0.1:9") as rest:
        people = [Person(name, rest, window, Stage(0)) for name in ("alice", "bob")]
    screen = StringIO()
    console = Console(width=80, height=height, file=screen)
    console.print(picture(people, ["one", "two", "three", "four"], height))

    shown = screen.getvalue().splitlines()
    assert len(shown) < height
    assert "message 29 ␛[2J" in "".join(shown)
    assert "\u202e" not in "".join(shown)
    assert [line.strip() for line in shown[-3:]] == ["two", "three", "▸ four"]

"""The list of `fynix chat`, who types, and what stays to be asked for."""

from fynix_cli.chatting.desk import NOTICE_SECONDS, Desk
from fynix_cli.chatting.listing import Listing
from fynix_cli.chatting.typists import (
    IDLE_SECONDS,
    SILENT_AFTER_SECONDS,
    TELL_EVERY_SECONDS,
    OwnTyping,
    Typists,
)
from fynix_server.protocol.frames import (
    MessageDeleted,
    MessageRead,
    NewMessage,
    ParticipantRemoved,
    ParticipantUpdated,
    Typing,
)
from tests.cli.chat_world import (
    ALICE,
    BOB,
    CAROL,
    ME,
    NOON,
    OTHER_PLACE,
    PLACE,
    arrival,
    conversation,
    message,
)

# ── who types ────────────────────────────────────────────────────────────────────────────────


def test_typing_ends_by_itself() -> None:
    typists = Typists()
    typists.note(PLACE, BOB, True, now=0)
    typists.note(PLACE, CAROL, True, now=1)
    typists.note(OTHER_PLACE, BOB, True, now=1)

    assert typists.of(PLACE, now=2) == [BOB, CAROL]
    assert typists.of(PLACE, now=SILENT_AFTER_SECONDS) == [CAROL]
    assert typists.of(PLACE, now=1 + SILENT_AFTER_SECONDS) == []


def test_ones_own_typing_is_told_at_most_every_three_seconds_and_its_end_once() -> None:
    typing = OwnTyping()
    told = [typing.typed(True, now=tenth / 10) for tenth in range(61)]

    assert [tenth / 10 for tenth, it in enumerate(told) if it] == [0, TELL_EVERY_SECONDS, 6]
    assert typing.idle(now=6 + IDLE_SECONDS - 0.1) is None
    assert typing.idle(now=6 + IDLE_SECONDS) is False
    assert typing.idle(now=60) is None


def test_after_sending_the_end_of_typing_is_not_told() -> None:
    typing = OwnTyping()
    typing.typed(True, now=0)
    typing.sent()

    assert typing.typed(False, now=1) is None
    assert typing.typed(True, now=2) is True


# ── the list and the desk ────────────────────────────────────────────────────────────────────


def test_the_latest_active_is_on_top_and_each_message_counts_once() -> None:
    listing = Listing(ME)
    listing.take(conversation(unread=1, last_seq=3))
    listing.take(conversation(id=OTHER_PLACE, minutes=1))

    before = [entry.conversation.id for entry in listing.ordered()]
    for frame in (arrival(3), arrival(4), arrival(4), arrival(5)):
        listing.count(frame)

    assert before == [OTHER_PLACE, PLACE]
    assert [entry.conversation.id for entry in listing.ordered()] == [PLACE, OTHER_PLACE]
    assert listing.ordered()[0].unread == 3


def test_an_answer_that_live_messages_have_overtaken_does_not_undo_their_count() -> None:
    listing = Listing(ME)
    listing.take(conversation(unread=0, last_seq=3))
    listing.count(arrival(4))

    listing.take(conversation(unread=0, last_seq=3))
    overtaken = listing.ordered()[0].unread
    listing.take(conversation(unread=0, last_seq=4))

    assert overtaken == 1
    assert listing.ordered()[0].unread == 0


def test_what_a_frame_does_not_say_is_marked_to_be_asked_for() -> None:
    desk = Desk(ME, lambda: 0.0)
    desk.listing.take(conversation(unread=1, last_seq=1))
    frames: dict[str, NewMessage | MessageDeleted | MessageRead] = {
        "unknown conversation": arrival(1, place=OTHER_PLACE),
        "deleted": MessageDeleted(
            conversation_id=PLACE, seq=2, message_id=message(1).id, deleted_by=BOB
        ),
        "read elsewhere": MessageRead(
            conversation_id=PLACE, user_id=ALICE, message_id=message(1).id, read_at=NOON
        ),
    }

    for what, frame in frames.items():
        desk.stale.clear()
        desk.accept(frame)
        assert desk.stale == {frame.conversation_id}, what


def test_a_new_role_is_told_in_the_thread_and_asked_for() -> None:
    desk = Desk(ME, lambda: 0.0)
    desk.listing.take(conversation())
    thread = desk.open_conversation(PLACE)

    desk.accept(
        ParticipantUpdated(
            conversation_id=PLACE, seq=1, user_id=ALICE, role="admin", updated_by=BOB
        )
    )

    assert thread.happenings == {1: "bob made alice an admin"}
    assert desk.stale == {PLACE}


def test_whoever_is_removed_keeps_the_thread_and_loses_the_place_in_the_list() -> None:
    desk = Desk(ME, lambda: 0.0)
    desk.listing.take(conversation())
    thread = desk.open_conversation(PLACE)

    desk.accept(ParticipantRemoved(conversation_id=PLACE, seq=1, user_id=ALICE, removed_by=BOB))

    assert thread.is_left
    assert desk.listing.ordered() == []
    assert desk.stale == set()


def test_an_answer_from_before_one_was_removed_does_not_bring_the_conversation_back() -> None:
    desk = Desk(ME, lambda: 0.0)
    desk.adopt(conversation(last_seq=1))
    thread = desk.open_conversation(PLACE)
    desk.accept(ParticipantRemoved(conversation_id=PLACE, seq=2, user_id=ALICE, removed_by=BOB))

    desk.adopt(conversation(last_seq=1))
    after_overtaken = (thread.is_left, len(desk.listing.ordered()))
    desk.adopt(conversation(last_seq=3))

    assert after_overtaken == (True, 0)
    assert not thread.is_left
    assert [entry.conversation.id for entry in desk.listing.ordered()] == [PLACE]


def test_a_notice_and_typing_pass() -> None:
    now = 0.0
    desk = Desk(ME, lambda: now)
    desk.listing.take(conversation())
    desk.open_conversation(PLACE)
    desk.say("too long")
    desk.accept(Typing(conversation_id=PLACE, user_id=BOB, is_typing=True))

    before = (desk.notice, desk.typing_names())
    now = max(NOTICE_SECONDS, SILENT_AFTER_SECONDS)

    assert before == ("too long", ["bob"])
    assert (desk.notice, desk.typing_names()) == ("", [])

"""One conversation of `fynix chat`, without a screen or a server."""

from datetime import timedelta

import pytest

from fynix_cli.chatting.outgoing import Failure, Outbox
from fynix_cli.chatting.rows import NoteRow
from fynix_cli.chatting.shown_text import shown_lines, without_controls
from fynix_cli.chatting.thread import Thread
from fynix_cli.client.failures import ApiError
from fynix_cli.errors import Unreachable
from tests.cli.chat_world import (
    ALICE,
    BOB,
    CAROL,
    NOON,
    PLACE,
    message,
    messages_of,
    outgoing,
    page,
    rows,
)

# ── a thread ─────────────────────────────────────────────────────────────────────────────────


def test_pages_and_live_messages_that_overlap_stand_there_once_in_order() -> None:
    thread = Thread(ALICE, PLACE)

    thread.add(message(5))
    thread.add_page(page(message(3), message(4), message(5), has_next=True))
    thread.add_page(page(message(1), message(2), message(3)))
    thread.add(message(6))

    assert [row.key for row in messages_of(thread)] == ["m1", "m2", "m3", "m4", "m5", "m6"]
    assert not thread.has_older


def test_an_older_answer_takes_back_neither_an_edit_nor_a_deletion() -> None:
    thread = Thread(ALICE, PLACE)
    thread.add_page(page(message(1), message(2)))
    thread.update(message(1, content="edited", edited_at=NOON))
    thread.delete(message(2).id)

    thread.add_page(page(message(1), message(2)))

    first, second = messages_of(thread)
    assert (first.lines, first.is_edited) == (("edited",), True)
    assert (second.lines, second.is_deleted) == (("message deleted",), True)


def test_a_message_that_is_restored_is_shown_again_and_counts_again() -> None:
    thread = Thread(ALICE, PLACE)
    thread.add_page(page(message(2, BOB), message(4, BOB), has_next=True))
    for seq in (1, 3, 4):  # of which the page, being newer, shows only the last
        thread.delete(message(seq).id)

    for seq in (1, 3, 4):
        thread.update(message(seq, BOB))

    shown = messages_of(thread)
    # What is older than what is loaded comes with the older page.
    assert [(row.key, row.is_deleted) for row in shown] == [
        ("m2", False),
        ("m3", False),
        ("m4", False),
    ]
    assert [it.seq for it in thread.unread()] == [2, 3, 4]


def test_a_marker_counts_as_soon_as_its_message_is_known() -> None:
    thread = Thread(ALICE, PLACE)
    thread.note_read(BOB, message(2).id)
    thread.add_page(page(message(1, ALICE)))

    before = [row.mark for row in messages_of(thread)]
    thread.add(message(2, ALICE))

    assert before == ["✓"]
    assert [row.mark for row in messages_of(thread)] == ["✓✓", "✓✓"]


def test_in_a_group_the_readers_are_counted_and_whoever_writes_has_read() -> None:
    thread = Thread(ALICE, PLACE)
    thread.add_page(page(message(1, ALICE), message(2, ALICE, read_by=[BOB])))

    before = [row.mark for row in messages_of(thread, others=(BOB, CAROL))]
    thread.add(message(3, CAROL))
    after = [row.mark for row in messages_of(thread, others=(BOB, CAROL))]

    assert before == ["✓✓ 1/2", "✓✓ 1/2"]
    assert after == ["✓✓ 2/2", "✓✓ 2/2", ""]


def test_new_messages_begin_where_the_unread_ones_do_also_when_these_are_loaded_later() -> None:
    thread = Thread(ALICE, PLACE)
    thread.add_page(page(message(5), message(6), has_next=True))
    thread.begin_reading(4)

    at_first = thread.first_new_seq
    thread.add_page(page(message(1), message(2), message(3), message(4)))
    thread.add(message(7))

    assert at_first == 5
    assert thread.first_new_seq == 3


# ── rows ─────────────────────────────────────────────────────────────────────────────────────


def test_a_sender_and_a_minute_are_named_once_and_days_are_divided() -> None:
    thread = Thread(ALICE, PLACE)
    thread.add_page(
        page(
            message(1, created_at=NOON - timedelta(days=2)),
            message(2, created_at=NOON),
            message(3, created_at=NOON),
            message(4, created_at=NOON + timedelta(minutes=1)),
            message(5, ALICE, created_at=NOON + timedelta(minutes=1)),
        )
    )

    shown = messages_of(thread)
    rules = [row.text for row in rows(thread) if isinstance(row, NoteRow) and row.is_rule]

    assert [row.sender for row in shown] == ["bob", "bob", None, None, "alice"]
    assert [row.clock is None for row in shown] == [False, False, True, False, False]
    assert rules == ["Sunday, 1 March 2026", "Today"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("one\r\ntwo\n", ("one", "two", "")),
        ("\x1b[31m\x07\x9b", ("␛[31m␇\ufffd",)),
        ("a\rb", ("a␍b",)),
        ("a\tb", ("a   b",)),
        ("\u202ex\u2066\u2028y", ("\ufffdx\ufffd\ufffdy",)),
        ("[b]x[/b]", ("[b]x[/b]",)),
    ],
)
def test_no_text_has_anything_that_a_terminal_obeys(content: str, lines: tuple[str, ...]) -> None:
    assert shown_lines(content) == lines
    assert without_controls(content) == "\n".join(lines)


# ── what is on its way ───────────────────────────────────────────────────────────────────────


def test_what_waits_behind_a_message_that_failed_does_not_overtake_it() -> None:
    outbox = Outbox()
    outbox.add(outgoing("a"))
    outbox.add(outgoing("b"))

    outbox.fail(Failure.of(Unreachable("nothing answers there"), NOON))
    waiting = outbox.next_pending()
    outbox.retry(only_passing=True)

    assert waiting is None
    assert [item.key for item in outbox if item.failure is None] == ["a", "b"]


def test_a_message_that_comes_back_live_before_its_answer_is_acknowledged_once() -> None:
    thread = Thread(ALICE, PLACE)
    thread.outbox.add(outgoing("a"))

    thread.add(message(1, ALICE, client_message_id="a"))
    thread.add(message(1, ALICE, client_message_id="a"))

    assert [row.mark for row in messages_of(thread)] == ["✓"]


def test_the_same_key_of_somebody_else_acknowledges_nothing() -> None:
    thread = Thread(ALICE, PLACE)
    thread.outbox.add(outgoing("a"))

    thread.add(message(1, BOB, client_message_id="a"))

    assert [item.key for item in thread.outbox] == ["a"]


def test_a_failure_says_when_it_may_be_sent_again() -> None:
    limited = Failure.of(ApiError(429, "rate_limited", "too many", retry_after=12), NOON)

    assert limited.told(NOON) == "not sent: rate limit reached, may be sent again in 12 s (Ctrl+R)"
    assert "again now" in limited.told(NOON + timedelta(seconds=12))


@pytest.mark.parametrize(
    ("error", "taken_back"),
    [
        (ApiError(400, "invalid_input", "no"), "hello"),
        (ApiError(429, "rate_limited", "no"), "hello"),
        (ApiError(500, "internal_error", "no"), None),
        (Unreachable("no"), None),
    ],
)
def test_only_what_is_surely_not_stored_is_taken_back(
    error: ApiError | Unreachable, taken_back: str | None
) -> None:
    outbox = Outbox()
    outbox.add(outgoing("a"))
    outbox.fail(Failure.of(error, NOON))

    assert outbox.take_back() == taken_back
    assert [item.key for item in outbox] == ([] if taken_back else ["a"])

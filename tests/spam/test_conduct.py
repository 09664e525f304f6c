"""What somebody wrote becomes the right numbers."""

from datetime import timedelta

from fynix_server.spam.conduct import Complaints, Conduct, Opening, Sent, signals_of
from fynix_server.spam.signals import Share, Signals
from tests.spam.traffic.story import NOW

MINUTE = timedelta(minutes=1)
OFFER = "We pay 200 euros a day for liking videos, write to our manager Anna"


def seen(
    *,
    sent: list[Sent] | None = None,
    openings: list[Opening] | None = None,
    account_created_at: timedelta = timedelta(days=100),
) -> Signals:
    conduct = Conduct(NOW - account_created_at, sent or [], openings or [])
    return signals_of(conduct, Complaints(), NOW)


def opening(minutes_ago: float, content: str = "hi", *, is_answered: bool = False) -> Opening:
    return Opening(NOW - minutes_ago * MINUTE, content, is_answered)


def test_only_what_lies_within_the_hour_is_counted_as_pace() -> None:
    signals = seen(
        sent=[Sent("bob", NOW - it * MINUTE, "hi") for it in (0, 59, 60, 61, 600)],
        openings=[opening(it) for it in (0, 59, 60, 61, 600)],
    )

    assert signals.sent_last_hour == 2
    assert signals.new_partners_last_hour == 2


def test_who_had_no_hour_to_answer_is_not_counted_as_silent() -> None:
    signals = seen(
        openings=[
            opening(5),
            opening(59, is_answered=True),
            opening(60),
            opening(500, is_answered=True),
            opening(5000),
        ]
    )

    assert signals.reply_ratio == Share(1, 3)


def test_links_are_counted_in_first_messages_alone() -> None:
    signals = seen(
        sent=[Sent("bob", NOW, "see example.com")] * 3,
        openings=[opening(1, "see example.com"), opening(1, "hi"), opening(1, "a@example.com")],
    )

    assert signals.first_messages_with_links == Share(1, 3)


def test_the_same_text_counts_each_recipient_once() -> None:
    twice = [Sent(f"friend {number % 4}", NOW, OFFER) for number in range(8)]
    changed = Sent("friend 4", NOW, f"Dear Hana! {OFFER} 😀")
    other = Sent("friend 5", NOW, "I will be home late today, please do not wait for me")

    assert seen(sent=[*twice, changed, other]).alike_recipients == 5


def test_the_same_few_words_to_many_count_for_nothing() -> None:
    signals = seen(sent=[Sent(f"friend {number}", NOW, "thanks!") for number in range(90)])

    assert signals.alike_recipients == 0


def test_an_account_that_is_yet_to_be_made_is_new() -> None:
    assert seen(account_created_at=timedelta(seconds=-5)).account_age_seconds == 0


def test_complaints_are_passed_on() -> None:
    signals = signals_of(Conduct(NOW, [], []), Complaints(blocks=3, reports=2), NOW)

    assert (signals.blocks_received, signals.reports_received) == (3, 2)

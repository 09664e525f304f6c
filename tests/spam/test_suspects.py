"""Who is noted as worth judging, without a database."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fynix_server.spam.suspects import MOST_PEOPLE, WORTH_JUDGING, Suspect, Suspects

NOW = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALICE, BOB, CAROL = (UUID(int=number) for number in (1, 2, 3))


def send(suspects: Suspects, sender_id: UUID, count: int, *, seq: int = 7) -> None:
    for _ in range(count):
        suspects.note_sent(sender_id, seq, NOW)


def test_whoever_writes_little_is_not_worth_it() -> None:
    suspects = Suspects()

    send(suspects, ALICE, 2, seq=2)
    send(suspects, BOB, WORTH_JUDGING - 1)

    assert suspects.take(NOW) is None


def test_three_new_conversations_or_thirty_messages_are_worth_a_judgement() -> None:
    suspects = Suspects()

    send(suspects, ALICE, 3, seq=2)
    send(suspects, BOB, WORTH_JUDGING)

    assert suspects.take(NOW) == Suspect(ALICE, NOW)
    assert suspects.take(NOW) == Suspect(BOB, NOW)
    assert suspects.take(NOW) is None


def test_after_it_was_taken_somebody_begins_anew() -> None:
    suspects = Suspects()
    send(suspects, ALICE, WORTH_JUDGING)
    suspects.take(NOW)

    send(suspects, ALICE, WORTH_JUDGING - 1)

    assert suspects.take(NOW) is None


def test_what_somebody_who_waits_still_sends_must_be_seen_too() -> None:
    suspects = Suspects()
    send(suspects, ALICE, WORTH_JUDGING)

    suspects.note_sent(ALICE, 7, NOW + MINUTE)

    assert suspects.take(NOW) == Suspect(ALICE, NOW + MINUTE)
    assert len(suspects) == 0


def test_those_complained_of_come_first_and_those_who_rest_when_their_time_has_come() -> None:
    suspects = Suspects()
    suspects.let_rest(ALICE, NOW + MINUTE)
    send(suspects, BOB, WORTH_JUDGING)
    suspects.note_complaint(CAROL, NOW)

    early = [suspects.take(NOW) for _ in range(3)]
    late = [suspects.take(NOW + MINUTE) for _ in range(2)]

    assert early == [Suspect(CAROL, NOW, is_urgent=True), Suspect(BOB, NOW), None]
    assert late == [Suspect(ALICE, NOW + MINUTE), None]


@pytest.mark.parametrize("is_urgent", [False, True])
def test_somebody_who_was_put_back_is_taken_again(is_urgent: bool) -> None:
    suspects = Suspects()

    suspects.put_back(Suspect(ALICE, NOW, is_urgent))

    assert suspects.take(NOW) == Suspect(ALICE, NOW, is_urgent)


def test_ten_thousand_noted_senders_are_the_most_of_each_list() -> None:
    suspects = Suspects()
    many = [UUID(int=number) for number in range(3 * MOST_PEOPLE)]

    for user_id in many:
        suspects.note_sent(user_id, 7, NOW)
    noted = len(suspects)
    for user_id in many:
        send(suspects, user_id, 3, seq=2)
        suspects.let_rest(user_id, NOW)
        suspects.note_complaint(user_id, NOW)

    assert noted == MOST_PEOPLE
    assert len(suspects) == 4 * MOST_PEOPLE


def test_the_longest_noted_make_room_for_the_newest() -> None:
    suspects = Suspects(most_people=2)
    send(suspects, ALICE, WORTH_JUDGING - 1)
    send(suspects, BOB, WORTH_JUDGING - 1)
    send(suspects, CAROL, WORTH_JUDGING - 1)

    send(suspects, BOB, 1)
    send(suspects, ALICE, 1)

    assert suspects.take(NOW) == Suspect(BOB, NOW)
    assert suspects.take(NOW) is None


def test_while_too_many_wait_the_next_message_counts_again() -> None:
    suspects = Suspects(most_people=1)
    send(suspects, ALICE, WORTH_JUDGING)
    send(suspects, BOB, WORTH_JUDGING)
    assert suspects.take(NOW) == Suspect(ALICE, NOW)
    assert suspects.take(NOW) is None

    send(suspects, BOB, 1)

    assert suspects.take(NOW) == Suspect(BOB, NOW)


async def test_whoever_becomes_due_wakes_the_watch() -> None:
    suspects = Suspects()
    waiting = asyncio.create_task(suspects.wait(60))
    await asyncio.sleep(0)

    send(suspects, ALICE, WORTH_JUDGING)

    async with asyncio.timeout(1):
        await waiting

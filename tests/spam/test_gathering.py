"""The signals of people who really wrote to each other, on both stacks."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from fynix_server.errors import NotFound
from fynix_server.spam.conduct import Complaints
from fynix_server.spam.gathering import gather_signals
from fynix_server.spam.score import score
from fynix_server.spam.signals import Share, Signals
from tests.held_messages.scene import hold_all_of
from tests.people import Api, Person

OFFER = "We pay 200 euros a day for liking videos, write to our manager at https://pay.example.com"


async def signals_now(api: Api, user_id: UUID, complaints: Complaints | None = None) -> Signals:
    resources = api.resources
    return await gather_signals(
        resources.database, user_id, resources.clock(), complaints or Complaints()
    )


async def log_in_again(api: Api, person: Person) -> None:
    """For after the clock has moved past the end of their token."""
    body = {"username": person.username, "password": person.password}
    person.take_tokens((await api.client.post("/api/auth/login", json=body)).json())


async def crowd_of(api: Api, count: int) -> list[Person]:
    return await api.people(*(f"person{number}" for number in range(count)))


async def write_to(sender: Person, others: Sequence[Person], content: str) -> list[str]:
    """Send `content` to each of them; the conversations."""
    places = [await sender.dm(other) for other in others]
    for place in places:
        assert (await sender.send(place, content)).status_code == 201
    return places


async def test_a_blaster_shows_in_every_signal(unlimited: Api) -> None:
    mallory = await unlimited.register("mallory")
    crowd = await crowd_of(unlimited, 8)
    places = await write_to(mallory, crowd, OFFER)
    await crowd[0].send(places[0], "who are you?")
    unlimited.clock.advance(3600)
    await log_in_again(unlimited, mallory)
    await write_to(mallory, await unlimited.people("late1", "late2"), f"Hello! {OFFER}/2")

    signals = await signals_now(unlimited, mallory.user_id, Complaints(blocks=3, reports=1))

    assert 3600 <= signals.account_age_seconds < 3700
    assert signals == Signals(
        account_age_seconds=signals.account_age_seconds,
        new_partners_last_hour=2,
        sent_last_hour=2,
        alike_recipients=10,
        first_messages_with_links=Share(10, 10),
        reply_ratio=Share(1, 8),
        blocks_received=3,
        reports_received=1,
    )


async def test_who_is_written_to_first_has_begun_nothing(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    (place,) = await write_to(alice, [bob], "look at https://example.com, bob")
    await bob.send(place, "thank you, here is another: https://example.org/2")

    signals = await signals_now(api, bob.user_id)

    assert signals.new_partners_last_hour == 0
    assert signals.first_messages_with_links == Share(0, 0)
    assert signals.sent_last_hour == 1


async def test_who_opens_a_conversation_and_is_written_to_in_it_has_begun_nothing(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    place = await alice.dm(bob)
    await bob.send(place, "you opened this: what is it?")

    assert (await signals_now(api, alice.user_id)).new_partners_last_hour == 0
    assert (await signals_now(api, bob.user_id)).new_partners_last_hour == 1


async def test_conversations_opened_long_before_they_are_used_count_when_they_are(
    api: Api,
) -> None:
    mallory = await api.register("mallory")
    crowd = await crowd_of(api, 3)
    places = [await mallory.dm(it) for it in crowd]
    api.clock.advance(8 * 24 * 3600)
    await log_in_again(api, mallory)
    for place in places:
        await mallory.send(place, OFFER)

    signals = await signals_now(api, mallory.user_id)

    assert signals.new_partners_last_hour == 3
    assert signals.first_messages_with_links == Share(3, 3)


async def test_nobody_is_silent_who_was_shown_nothing(api: Api) -> None:
    mallory = await api.register("mallory")
    await write_to(mallory, await crowd_of(api, 2), OFFER)
    await hold_all_of(api, mallory)
    await write_to(mallory, await api.people("late1", "late2", "late3"), OFFER)
    api.clock.advance(2 * 3600)

    signals = await signals_now(api, mallory.user_id)

    assert signals.reply_ratio == Share(0, 2)
    assert signals.first_messages_with_links == Share(5, 5)
    assert signals.alike_recipients == 5


async def test_deleting_what_was_sent_hides_nothing(api: Api) -> None:
    mallory = await api.register("mallory")
    crowd = await crowd_of(api, 6)
    places = [await mallory.dm(it) for it in crowd]
    for place in places:
        message = (await mallory.send(place, OFFER)).json()
        url = f"/api/conversations/{place}/messages/{message['id']}"
        assert (await mallory.client.delete(url)).status_code == 204

    signals = await signals_now(api, mallory.user_id)

    assert signals.alike_recipients == 6
    assert signals.first_messages_with_links == Share(6, 6)
    assert signals.sent_last_hour == 6


async def test_a_group_is_one_recipient_and_counts_after_one_has_left_it(api: Api) -> None:
    mallory, alice, bob = await api.people("mallory", "alice", "bob")
    groups = [await mallory.group(f"club {number}", alice, bob) for number in range(3)]
    for group in groups:
        await mallory.send(group, OFFER)
    url = f"/api/conversations/{groups[0]}/participants/{mallory.user_id}"
    assert (await mallory.client.delete(url)).status_code == 204

    signals = await signals_now(api, mallory.user_id)

    assert signals.alike_recipients == 3
    assert signals.sent_last_hour == 3
    assert signals.new_partners_last_hour == 0


async def test_what_others_write_in_a_group_is_not_ones_own(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("club", bob)
    for _ in range(3):
        await bob.send(group, OFFER)

    assert (await signals_now(api, alice.user_id)).sent_last_hour == 0


async def test_after_a_week_nothing_is_left(api: Api) -> None:
    mallory = await api.register("mallory")
    await write_to(mallory, await crowd_of(api, 7), OFFER)
    before = score(await signals_now(api, mallory.user_id))
    api.clock.advance(timedelta(days=8).total_seconds())

    after = score(await signals_now(api, mallory.user_id))

    assert {it.signal for it in before.reasons} == {
        "account_age_seconds",
        "alike_recipients",
        "first_messages_with_links",
        "new_partners_last_hour",
    }
    assert after.reasons == ()


async def test_the_reasons_quote_nothing_of_what_was_sent(unlimited: Api) -> None:
    mallory = await unlimited.register("mallory")
    await write_to(mallory, await crowd_of(unlimited, 12), OFFER)

    scored = score(await signals_now(unlimited, mallory.user_id, Complaints(3, 3)))

    assert len(scored.reasons) >= 5
    said = " ".join(it.text for it in scored.reasons)
    for word in ("200", "euros", "liking", "videos", "manager", "pay.example.com", "person1"):
        assert word not in said


async def test_the_signals_of_nobody_are_refused(api: Api) -> None:
    with pytest.raises(NotFound) as refused:
        await signals_now(api, UUID(int=7))

    assert refused.value.code == "user_not_found"

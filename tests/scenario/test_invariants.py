"""What is checked at the end of every scenario, shown what it must find."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from fynix_cli.scenario.model.document import INVARIANTS
from fynix_cli.scenario.model.reading import read_script
from fynix_cli.scenario.playing.calls import Answer, Call
from fynix_cli.scenario.playing.failures import AssertionMissed
from fynix_cli.scenario.playing.invariants import broken_invariants
from fynix_cli.scenario.playing.journal import Journal
from fynix_cli.scenario.playing.outcome import Status
from fynix_cli.scenario.playing.performing import perform
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.player import Playing, opened_play, play_script
from fynix_cli.scenario.servers.makers import WorldMaker
from fynix_cli.scenario.servers.world import ServerSpec
from tests.scenario.writing import scenario

STEPS = """
- alice.dm: {with: bob, save: dm}
- repeat: {times: 3, do: [{alice.send: {in: $dm, text: hello, save: m}}]}
- bob.expect: {event: new_message, count: 3}
"""


@pytest.fixture
async def played(makers: dict[str, WorldMaker], tmp_path: Path) -> AsyncIterator[Play]:
    """Three messages from alice to bob, all as it should be."""
    script = read_script(scenario(tmp_path, STEPS))
    async with (
        makers["embedded"].world(ServerSpec()) as world,
        opened_play(script, world, Journal(), Playing(1)) as play,
    ):
        await perform(play, script.steps, play.scope)
        yield play


async def test_where_all_is_well_nothing_is_broken(played: Play) -> None:
    assert await broken_invariants(played) == {}


async def test_whoever_is_shut_out_is_not_asked_what_they_have_read(
    makers: dict[str, WorldMaker], tmp_path: Path
) -> None:
    """By a moderator who is made, and logged in, without a password in the file."""
    steps = (
        STEPS
        + "- admin: user create mod --role moderator\n"
        + "- admin: login mod\n"
        + "- admin: user ban bob --reason spam --yes\n"
        + "- bob.expect: {event: closed, where: {code: 4013}}\n"
    )
    script = read_script(scenario(tmp_path, steps))

    outcome = await play_script(script, makers["embedded"], Playing(1))

    assert outcome.status is Status.passed, outcome


async def test_an_event_that_came_twice_is_found(played: Play) -> None:
    span = played.people["bob"].first_device.record.spans[0]
    (events,) = span.events.values()
    events.insert(2, events[1])

    found = await broken_invariants(played)

    assert list(found) == ["no_duplicates"]
    assert found["no_duplicates"][0].startswith("bob.main got number 2 of conversation")


async def test_an_event_that_never_came_is_found(played: Play) -> None:
    (events,) = played.people["bob"].first_device.record.spans[0].events.values()
    del events[1:3]

    found = await broken_invariants(played)

    assert list(found) == ["no_gaps"]
    assert found["no_gaps"][0].startswith("bob.main never got number 2, 3 of conversation")


async def test_events_in_another_order_are_found(played: Play) -> None:
    (events,) = played.people["bob"].first_device.record.spans[0].events.values()
    events[1], events[2] = events[2], events[1]

    assert list(await broken_invariants(played)) == ["same_order_for_all"]


async def test_two_messages_under_one_number_are_found(played: Play) -> None:
    (bobs,) = played.people["bob"].first_device.record.spans[0].events.values()
    identities = [it.identity for it in bobs]
    bobs[1] = type(bobs[1])(bobs[1].seq, identities[2])

    found = await broken_invariants(played)

    assert list(found) == ["same_order_for_all"]
    assert (
        f"is {identities[2]} to bob.main and {identities[1]} to alice.main"
        in (found["same_order_for_all"][0])
    )


async def test_two_texts_under_one_number_are_found_unless_the_message_was_edited(
    played: Play,
) -> None:
    (events,) = played.people["bob"].first_device.record.spans[0].events.values()
    events[1] = replace(events[1], says="something else")

    found = await broken_invariants(played)
    events.append(replace(events[1], seq=5, edits=True))
    after_an_edit = await broken_invariants(played)

    assert found["same_order_for_all"][0].endswith(
        'is "something else" to bob.main and "hello" to alice.main'
    )
    assert "same_order_for_all" not in after_an_edit


async def test_an_unread_count_that_nobody_can_account_for_is_found(played: Play) -> None:
    (conversation_id,) = played.ledger.begun
    played.ledger.markers[played.people["bob"].user_id, conversation_id] = 3

    found = await broken_invariants(played)

    assert found["unread_matches"] == [
        f"bob has 1 unread messages in conversation {conversation_id}, and the server says 3"
    ]


async def test_a_frame_that_lacks_a_part_is_found_and_the_line_is_read_on(played: Play) -> None:
    device = played.people["bob"].first_device

    device.receive({"type": "new_message", "message": None})
    device.receive({"type": "new_message", "conversation_id": "c", "seq": 1})
    await played.people["alice"].first_device.flush(10)

    found = await broken_invariants(played)
    assert [it.split(": ")[0] for it in found["no_server_errors"]] == [
        "bob.main got a frame that lacks what it should have"
    ] * 2


async def test_a_line_that_ended_unasked_is_found(played: Play) -> None:
    device = played.people["bob"].first_device

    device.receive({"type": "closed", "code": 1011, "reason": "internal error"})

    assert await broken_invariants(played) == {
        "no_lost_lines": ["the line of bob.main ended with 1011 internal error"]
    }


async def test_a_line_whose_end_was_waited_for_is_not_lost(played: Play) -> None:
    device = played.people["bob"].first_device
    device.receive({"type": "closed", "code": 1011, "reason": ""})

    await device.buffer.take(lambda it: it["type"] == "closed", 1, 1)

    assert await broken_invariants(played) == {}


async def test_an_answer_of_500_is_found(played: Play) -> None:
    answer = Answer(500, {"x-request-id": "r1"}, {"detail": "sorry"}, 0.0)
    played.ledger.note_answer("someone", Call("GET", "/api/users/me?x=1"), answer)

    found = await broken_invariants(played)

    assert found == {"no_server_errors": ["GET /api/users/me was answered 500 (request r1)"]}


@pytest.mark.parametrize("name", INVARIANTS)
async def test_an_invariant_that_is_switched_off_is_not_checked(
    played: Play, name: str, tmp_path: Path
) -> None:
    head = f"actors: {{alice: {{}}, bob: {{}}}}\ninvariants: {{{name}: false}}\n"
    (events,) = played.people["bob"].first_device.record.spans[0].events.values()
    events[:] = [events[2], events[0], events[0]]
    (conversation_id,) = played.ledger.begun
    played.ledger.markers[played.people["bob"].user_id, conversation_id] = 3
    played.ledger.note_answer("someone", Call("GET", "/"), Answer(503, {}, None, 0.0))
    played.people["alice"].first_device.receive({"type": "closed", "code": 1011, "reason": ""})
    assert set(await broken_invariants(played)) == set(INVARIANTS)

    played.script = read_script(scenario(tmp_path, STEPS, head=head))

    assert set(await broken_invariants(played)) == set(INVARIANTS) - {name}


async def test_what_happened_while_somebody_was_out_of_a_group_is_no_gap(
    makers: dict[str, WorldMaker], tmp_path: Path
) -> None:
    steps = """
    - alice.group: {name: Climbers, with: [bob], save: group}
    - alice.remove: {in: $group, who: bob}
    - repeat: {times: 2, do: [{alice.send: {in: $group, text: without him}}]}
    - alice.add: {in: $group, who: bob}
    - alice.send: {in: $group, text: "1", save: m1}
    - alice.send: {in: $group, text: "2"}
    - bob.expect: {event: new_message, count: 2}
    """
    script = read_script(scenario(tmp_path, steps))
    async with (
        makers["embedded"].world(ServerSpec()) as world,
        opened_play(script, world, Journal(), Playing(1)) as play,
    ):
        await perform(play, script.steps, play.scope)

        assert await broken_invariants(play) == {}

        (events,) = play.people["bob"].first_device.record.spans[0].events.values()
        del events[-2]
        assert list(await broken_invariants(play)) == ["no_gaps"]


async def test_a_server_that_cannot_say_who_one_is_does_not_pass_unchecked(played: Play) -> None:
    played.people["bob"].first_device.login.access_token = ""
    assert await broken_invariants(played) == {}  # a login that has ended

    played.https[0] = httpx.AsyncClient(
        base_url=played.world.urls[0],
        transport=httpx.MockTransport(lambda request: httpx.Response(503)),
    )
    with pytest.raises(AssertionMissed):
        await broken_invariants(played)


async def test_a_conversation_whose_beginning_never_came_is_found(played: Play) -> None:
    (events,) = played.people["bob"].first_device.record.spans[0].events.values()
    del events[:2]

    found = await broken_invariants(played)

    assert list(found) == ["no_gaps"]
    assert found["no_gaps"][0].startswith("bob.main never got number 2 of conversation")


async def test_a_message_that_came_twice_through_a_plain_line_is_found(
    makers: dict[str, WorldMaker], tmp_path: Path
) -> None:
    head = "actors: {alice: {}, bob: {protocol: plain}}\n"
    script = read_script(scenario(tmp_path, STEPS, head=head))
    async with (
        makers["embedded"].world(ServerSpec()) as world,
        opened_play(script, world, Journal(), Playing(1)) as play,
    ):
        await perform(play, script.steps, play.scope)
        buffer = play.people["bob"].first_device.buffer
        buffer.put(buffer.arrivals[-1].frame)

        assert list(await broken_invariants(play)) == ["no_duplicates"]

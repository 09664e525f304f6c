"""What is past its retention is shown to moderators and in exports no more than to anybody."""

import pytest

from tests.held_messages.scene import decide, hold_all_of, review
from tests.moderation.scene import on_conversation, on_message
from tests.moderation.scene import reported as case_about
from tests.people import Api
from tests.privacy.archives import export_of, own, unpacked
from tests.reports.filing import done, evidence, report, reported
from tests.retention.rooms import NEW, OLD, room
from tests.retention.ruling import DAY, log_in


@pytest.mark.parametrize("is_held", [False, True])
async def test_a_reported_conversation_is_read_without_it_under_legal_hold_too(
    api: Api, is_held: bool
) -> None:
    here = await room(api)
    await case_about(api, here.bob, here.alice, here.id)
    if is_held:
        await here.admin.hold("conversation", here.id)
    await here.admin.keep(30)

    page = (await on_conversation(here.admin.person, here.id, "read")).json()

    assert [it["content"] for it in page["messages"]] == [NEW]
    assert (page["count"], page["has_more"]) == (1, False)


async def test_a_deleted_message_is_not_restored_once_it_has_expired(api: Api) -> None:
    here = await room(api)
    live = await here.bob.live()
    await on_message(here.admin.person, here.id, here.old["id"], "delete")
    await here.admin.keep(30)

    refused = await on_message(here.admin.person, here.id, here.old["id"], "restore")

    assert (refused.status_code, refused.json()["code"]) == (409, "not_restorable")
    await here.alice.send(here.id, "afterwards")
    await live.expect("new_message")
    assert live.seen("message_updated") == []


async def test_an_expired_message_can_be_taken_down_before_a_policy_shows_it_again(
    api: Api,
) -> None:
    here = await room(api)
    await here.admin.keep(30)

    taken = await on_message(here.admin.person, here.id, here.old["id"], "delete")

    assert taken.status_code == 200, taken.text
    await here.admin.clear()
    assert [it["content"] for it in await here.bob.messages(here.id)] == [NEW]


async def test_an_expired_message_is_no_longer_reported_nor_kept_as_what_was_around(
    api: Api,
) -> None:
    here = await room(api)
    await here.admin.keep(30)

    refused = await report(here.bob, message_id=here.old["id"])
    case_id = await reported(here.bob, message_id=here.new["id"])

    assert (refused.status_code, refused.json()["code"]) == (404, "message_not_found")
    assert await evidence(api, case_id) == [(NEW, False)]


async def test_evidence_is_shown_until_the_case_is_closed_however_old_it_is(api: Api) -> None:
    here = await room(api)
    case_id = await reported(here.bob, message_id=here.new["id"])
    await here.admin.keep(30)
    moderator = here.admin.person

    while_open = await done(moderator, case_id, "read")
    await done(moderator, case_id, "dismiss")
    when_closed = await done(moderator, case_id, "read")

    assert [it["content"] for it in while_open["evidence"]] == [OLD, NEW]
    assert [it["content"] for it in when_closed["evidence"]] == [NEW]


async def test_a_held_message_is_shown_until_it_is_decided_however_old_it_is(api: Api) -> None:
    here = await room(api)
    await hold_all_of(api, here.alice)
    held = (await here.alice.send(here.id, "held back")).json()["id"]
    api.clock.advance(40 * DAY)
    await log_in(api, here.admin.person)
    await here.admin.keep(30)
    moderator = here.admin.person

    while_waiting = (await review(moderator)).json()["held"]
    await decide(moderator, "reject", held)
    when_decided = (await review(moderator, message_ids=[held])).json()["held"]

    assert [it["content"] for it in while_waiting] == ["held back"]
    assert [it["content"] for it in when_decided] == [None]


async def test_an_export_has_ones_own_while_it_is_stored_but_nothing_of_others(api: Api) -> None:
    here = await room(api)
    await here.admin.keep(30)

    by_sender = (await own(here.alice))["messages"]
    by_reader = (await own(here.bob))["messages"]
    by_admin = unpacked(await export_of(here.admin.person, here.bob))["messages"]

    assert [it["content"] for it in by_sender] == [OLD, NEW]
    assert [it["content"] for it in by_reader] == [NEW]
    assert by_admin == by_reader

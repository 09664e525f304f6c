"""What is kept of a conversation when a message is reported, and for how long."""

import pytest
from sqlalchemy import update

from fynix_server.reports import reporting
from fynix_server.tables import Message, User
from tests.people import Api, Person
from tests.reports.filing import (
    add_to,
    delete,
    done,
    edit,
    evidence,
    remove_from,
    reported,
    sent,
)
from tests.staff import promoted


async def said(person: Person, conversation_id: str, *contents: str) -> list[str]:
    return [await sent(person, conversation_id, it) for it in contents]


async def test_five_messages_before_and_five_after_are_kept_with_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    ids = await said(bob, dm, *(str(number) for number in range(20)))

    middle = await reported(alice, message_id=ids[10])
    oldest = await reported(alice, message_id=ids[0])
    newest = await reported(alice, message_id=ids[19])

    assert await evidence(api, middle) == [(str(it), False) for it in range(5, 16)]
    assert await evidence(api, oldest) == [(str(it), False) for it in range(6)]
    assert await evidence(api, newest) == [(str(it), False) for it in range(14, 20)]


async def test_later_edits_and_deletions_change_nothing_of_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    before, insult, after = await said(bob, dm, "before", "insult", "after")
    await edit(bob, dm, before, "edited before")
    report_id = await reported(alice, message_id=insult)

    await edit(bob, dm, insult, "kind words")
    await delete(bob, dm, after)
    await delete(bob, dm, insult)

    assert await evidence(api, report_id) == [
        ("edited before", False),
        ("insult", False),
        ("after", False),
    ]


async def test_deleted_ones_around_it_are_kept_only_where_the_reporter_had_read_them(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    read, insult, unread = await said(bob, dm, "read", "insult", "unread")
    await alice.read(dm, read)
    (own,) = await said(alice, dm, "own")
    # Sending has moved her marker; these come after it.
    later, last = await said(bob, dm, "later", "last")
    for message_id in (read, insult, unread, later):
        await delete(bob, dm, message_id)
    await delete(alice, dm, own)

    report_id = await reported(alice, message_id=insult)
    of_last = await reported(alice, message_id=last)

    everything = [
        ("read", True),
        ("insult", True),
        ("unread", True),
        ("own", True),
        ("last", False),
    ]
    assert await evidence(api, report_id) == everything
    assert await evidence(api, of_last) == everything


async def test_it_shows_nothing_from_before_the_reporter_joined_or_after_they_left(
    api: Api,
) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob)
    await said(bob, group, "secret")
    await add_to(alice, group, carol)
    (insult,) = await said(bob, group, "insult")
    await remove_from(alice, group, carol)
    await said(bob, group, "later")

    report_id = await reported(carol, message_id=insult)

    assert await evidence(api, report_id) == [("insult", False)]


async def test_it_shows_nothing_that_was_hidden_from_the_reporter(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    held, _, insult = await said(bob, group, "held", "open", "insult")
    (own,) = await said(alice, group, "own but held")
    hide = update(Message).where(Message.content.in_(("held", "own but held")))
    async with api.resources.database.write() as connection:
        await connection.execute(hide.values(hidden_because="held"))

    report_id = await reported(alice, message_id=insult)
    by_carol = await reported(carol, message_id=insult)

    assert held != own
    assert await evidence(api, report_id) == [
        ("open", False),
        ("insult", False),
        ("own but held", False),
    ]
    assert await evidence(api, by_carol) == [("open", False), ("insult", False)]


async def test_what_is_far_away_is_not_looked_for(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "EVIDENCE_REACH", 4)
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await said(bob, dm, "far", "nearer")
    for message_id in await said(bob, dm, *(f"gone {it}" for it in range(3))):
        await delete(bob, dm, message_id)
    (insult,) = await said(bob, dm, "insult")

    report_id = await reported(alice, message_id=insult)

    assert await evidence(api, report_id) == [("insult", False)]


async def test_of_a_person_nothing_is_kept(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await said(bob, await alice.dm(bob), "something")

    report_id = await reported(alice, user_id=bob.user_id)

    assert await evidence(api, report_id) == []


async def test_it_outlives_an_erasing_until_the_case_is_closed(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("club", bob, carol)
    await said(alice, group, "by alice")
    (insult,) = await said(bob, group, "by bob")
    case_id = await reported(carol, message_id=insult, comment="He always does.")
    whole = await evidence(api, case_id)
    async with api.resources.database.write() as connection:
        erase = update(User).where(User.id.in_((bob.user_id, carol.user_id)))
        await connection.execute(erase.values(status="erased"))

    await done(moderator, case_id, "assign")
    while_open = await done(moderator, case_id, "read")
    await done(moderator, case_id, "dismiss", dry_run=True)
    after_a_dry_run = await evidence(api, case_id)
    await done(moderator, case_id, "dismiss")
    closed = await done(moderator, case_id, "read")

    assert while_open["comment"] == "He always does."
    assert [it["content"] for it in while_open["evidence"]] == ["by alice", "by bob"]
    assert after_a_dry_run == whole
    assert closed["comment"] is None
    assert [it["content"] for it in closed["evidence"]] == ["by alice"]

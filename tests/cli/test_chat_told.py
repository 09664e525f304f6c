"""`fynix chat`: what the server tells whoever chats, and groups that they open by name."""

import pytest

from fynix_cli.errors import CommandError
from tests.cli.chat_screen import Start, chatting
from tests.people import Api, Person
from tests.staff import act, promoted

pytestmark = pytest.mark.parametrize("stack", ["embedded"], indirect=True)
WARNING = "Please stop posting links to other sites; " * 3 + "the next time you are suspended."


async def warn(api: Api, person: Person) -> None:
    moderator = await promoted(api, "mona", "moderator")
    assert (await act(moderator, person, "warn", text=WARNING)).status_code == 200


async def test_a_warning_stands_there_whole_until_it_is_put_away(api: Api) -> None:
    alice, _ = await api.people("alice", "bob")

    async with chatting(alice, Start(api.url, "bob", size=(60, 20))) as screen:
        await warn(api, alice)
        text = await screen.shows("The server says", "you are suspended.", "● connected")
        await screen.press("escape")
        after = await screen.hides("The server says")

    assert " ".join(WARNING.split()) in " ".join(text.split())
    assert "suspended" not in after


async def test_whoever_was_warned_while_away_hears_of_it_when_they_come(api: Api) -> None:
    alice, _ = await api.people("alice", "bob")
    await warn(api, alice)

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.shows("The server says", "notices --unread --mark-read")
        await screen.press(*"hi", "escape", *" bob", "enter")
        text = await screen.shows("hi bob ✓")

    assert "The server says" not in text


async def test_a_group_is_opened_by_the_name_that_the_list_shows(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    await alice.send(await alice.group("Trip to sea", bob, carol), "who drives?")

    async with chatting(bob, Start(api.url)) as screen:
        await screen.press("ctrl+o", *"trip to sea", "enter")
        await screen.shows("who drives?", "Write to Trip to sea")


async def test_a_person_comes_before_a_group_of_the_same_name(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    await alice.send(await alice.group("carol", bob), "i am not carol")

    async with chatting(bob, Start(api.url, "carol")) as screen:
        text = await screen.shows("Write to carol", "no messages yet")

    assert "i am not carol" not in text
    assert carol.username == "carol"


async def test_a_group_that_one_is_not_in_is_nobody(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    await alice.group("Secret", carol)

    with pytest.raises(CommandError, match="there is nobody called Secret"):
        async with chatting(bob, Start(api.url, "Secret")):
            pass

"""`fynix chat` against a running server: reading, writing, who types and who has read."""

import asyncio
import re

import pytest

from tests.cli.chat_screen import Start, chatting
from tests.people import Api

pytestmark = pytest.mark.parametrize("stack", ["embedded"], indirect=True)


async def test_the_history_is_shown_and_older_pages_come_when_scrolling_up(unlimited: Api) -> None:
    alice, bob = await unlimited.people("alice", "bob")
    conversation = await alice.dm(bob)
    for number in range(130):
        await bob.send(conversation, f"number {number}.")

    async with chatting(bob, Start(unlimited.url, "alice")) as screen:
        newest = await screen.shows("number 129.")
        text = newest
        while "the beginning of the conversation" not in text:
            await screen.press("pageup")
            text = await screen.hides("loading …")

    assert "number 100." not in newest
    assert "number 0." in text
    assert "Today" in text


async def test_what_is_read_stays_in_its_place_while_older_ones_are_loaded_above_it(
    unlimited: Api,
) -> None:
    alice, bob = await unlimited.people("alice", "bob")
    conversation = await alice.dm(bob)
    for number in range(100):
        await bob.send(conversation, f"number {number}.")

    async with chatting(bob, Start(unlimited.url, "alice")) as screen:
        await screen.shows("number 99.")
        history = screen.app.screen.query_one("History")
        history.scroll_to(y=3, animate=False)
        before = await screen.shows("number 50.")
        await screen.until(lambda _: history.max_scroll_y > 60)
        after = screen.text

    numbers = [re.findall(r"number \d+", text) for text in (before, after)]
    assert numbers[0] == numbers[1]


async def test_what_is_unread_is_shown_from_its_beginning_and_read_as_one_goes(
    unlimited: Api,
) -> None:
    alice, bob = await unlimited.people("alice", "bob")
    conversation = await alice.dm(bob)
    for number in range(60):
        await alice.send(conversation, f"number {number}.")
    live = await alice.live()

    async with chatting(bob, Start(unlimited.url, "alice")) as screen:
        text = await screen.shows("─ new ─", "number 0.", "more below")
        read = await live.expect("message_read")
        last = (await alice.messages(conversation))[0]
        await screen.press("escape")
        await screen.shows("number 59.")
        await live.expect("message_read", message_id=last["id"])

    assert "number 59." not in text
    assert last["read_by"] == []
    assert read["message_id"] != last["id"]


async def test_a_message_arrives_live_and_a_burst_of_them_in_order(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)

    async with chatting(bob, Start(api.url, "alice")) as screen:
        await screen.shows("no messages yet")
        for word in ("one", "two", "three"):
            await alice.send(conversation, word)
        text = await screen.shows("three")

    lines = [line.split()[-1] for line in text.splitlines() if line.strip()]
    places = [lines.index(word) for word in ("one", "two", "three")]
    assert places == [places[0], places[0] + 1, places[0] + 2]


async def test_a_sent_message_is_acknowledged_then_read(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.write("hello bob")
        stored = await screen.shows("hello bob ✓")
        (message,) = await bob.messages(conversation)
        await bob.read(conversation, message["id"])
        await screen.shows("hello bob ✓✓")

    assert "✓✓" not in stored
    assert message["client_message_id"]


async def test_in_a_group_it_says_how_many_have_read(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("Trip", bob, carol)

    async with chatting(alice, Start(api.url, group)) as screen:
        await screen.shows("Trip", "bob, carol")
        await screen.write("who comes?")
        await screen.shows("who comes? ✓")
        (message,) = await bob.messages(group)
        await bob.read(group, message["id"])
        await screen.shows("who comes? ✓✓ 1/2")
        await carol.send(group, "me!")
        await screen.shows("who comes? ✓✓ 2/2")


async def test_a_message_may_have_several_lines(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.press("o", "n", "e", "ctrl+j", "t", "w", "o")
        await screen.shows("7/2000")
        await screen.press("enter")
        await screen.shows("two ✓")

    assert [it["content"] for it in await bob.messages(conversation)] == ["one\ntwo"]


async def test_who_types_is_shown_and_told(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    live = await bob.live()

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await live.send(type="typing", conversation_id=conversation, is_typing=True)
        await screen.shows("bob is typing")
        await live.send(type="typing", conversation_id=conversation, is_typing=False)
        await screen.hides("bob is typing")
        await screen.press("h", "i")
        began = await live.expect("typing", is_typing=True)
        await screen.press("backspace", "backspace")
        await live.expect("typing", is_typing=False)

    assert began["user_id"] == str(alice.user_id)


async def test_a_message_ends_the_typing_of_who_sent_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    live = await bob.live()

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await live.send(type="typing", conversation_id=conversation, is_typing=True)
        await screen.shows("bob is typing")
        await bob.send(conversation, "there it is")
        text = await screen.shows("there it is")

    assert "is typing" not in text


async def test_another_conversation_counts_what_is_unread_until_it_is_opened(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    with_bob, with_carol = await alice.dm(bob), await alice.dm(carol)
    await bob.send(with_bob, "from bob")

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.shows("from bob")
        await carol.send(with_carol, "one")
        await carol.send(with_carol, "two")
        text = await screen.shows("2 unread elsewhere")
        first = text.splitlines()[0]
        await screen.press("ctrl+n")
        await screen.shows("─ new ─", "one", "two")
        await screen.hides("elsewhere")

    assert first.split("│")[0].split() == ["carol", "2"]


async def test_only_what_was_shown_in_a_focused_terminal_is_read(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    live = await alice.live()

    async with chatting(bob, Start(api.url, "alice")) as screen:
        await screen.focus(False)
        for word in ("hello?", "anybody?", "are you there?"):
            sent = await alice.send(conversation, word)
            await screen.shows(word)
        await live.barrier()
        before = live.seen("message_read")
        await screen.focus(True)
        await live.expect("message_read", message_id=sent.json()["id"])

    assert before == []


async def test_what_the_list_hides_in_a_narrow_terminal_is_not_read(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    await bob.send(conversation, "enough to scroll " * 30)
    live = await alice.live()

    async with chatting(bob, Start(api.url, "alice", (40, 15))) as screen:
        await screen.press("f2")
        await screen.shows(">alice")
        await alice.send(conversation, "hello?")
        await screen.shows(" 1 ")
        sent = await alice.send(conversation, "are you there?")
        await screen.shows(" 2 ")
        await live.barrier()
        before = live.seen("message_read")
        await screen.press("f2")
        await screen.shows("are you there?")
        await live.expect("message_read", message_id=sent.json()["id"])

    assert before == []


async def test_whoever_types_while_looking_back_writes_a_message(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.press("shift+tab", *"hello", "enter")
        await screen.shows("hello ✓")

    assert [it["content"] for it in await bob.messages(conversation)] == ["hello"]


async def test_edited_and_deleted_messages_are_shown_as_such(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    edited = (await alice.send(conversation, "helo")).json()["id"]
    deleted = (await alice.send(conversation, "oops")).json()["id"]
    url = f"/api/conversations/{conversation}/messages"

    async with chatting(bob, Start(api.url, "alice")) as screen:
        await screen.shows("helo", "oops")
        await alice.client.patch(f"{url}/{edited}", json={"content": "hello"})
        await alice.client.delete(f"{url}/{deleted}")
        text = await screen.shows("hello (edited)", "message deleted")

    assert "oops" not in text


async def test_with_somebody_new_the_conversation_begins_with_the_first_message(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.shows("no messages yet", "Write to bob")
        before = (await bob.client.get("/api/conversations")).json()["total"]
        await screen.write("first words")
        await screen.shows("first words ✓", ">bob")

    after = (await bob.client.get("/api/conversations")).json()
    assert before == 0
    assert [it["last_message"]["content"] for it in after["conversations"]] == ["first words"]


async def test_somebody_is_opened_by_name_from_within(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await bob.send(await bob.dm(alice), "hi alice")

    async with chatting(alice, Start(api.url)) as screen:
        await screen.shows("fynix chat", "bob")
        await screen.press("ctrl+o", *"nobody-here", "enter")
        await screen.shows("there is nobody called nobody-here")
        await screen.press(*["backspace"] * 11, *"bob", "enter")
        await screen.shows("hi alice", "Write to bob")


async def test_keys_that_come_all_at_once_write_to_whoever_was_open_then(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    with_bob, with_carol = await alice.dm(bob), await alice.dm(carol)

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.burst(*"hi bob", "enter", *"draft", "ctrl+n", *"hi carol", "enter", "ctrl+n")
        await screen.shows(">bob", "hi bob ✓", "draft")

    assert [it["content"] for it in await bob.messages(with_bob)] == ["hi bob"]
    assert [it["content"] for it in await carol.messages(with_carol)] == ["hi carol"]


async def test_several_people_write_at_once_and_each_message_stands_there_once(api: Api) -> None:
    alice, bob, carol = await api.people("alice", "bob", "carol")
    group = await alice.group("Trip", bob, carol)

    async with chatting(alice, Start(api.url, group)) as screen:
        for number in range(3):
            await screen.write(f"a{number}.")
            await asyncio.gather(bob.send(group, f"b{number}."), carol.send(group, f"c{number}."))
        words = [f"{who}{number}." for who in "abc" for number in range(3)]
        text = await screen.shows(*words)
        text = await screen.until(lambda text: text.count("✓") >= 3)

    assert [text.count(word) for word in words] == [1] * len(words)

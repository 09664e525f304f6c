"""`fynix chat` when something goes wrong: lines that break, limits, endings, hostile texts."""

from urllib.parse import urlsplit

import pytest

from fynix_cli.errors import NotLoggedIn
from fynix_server.settings import RateLimit
from tests.cli.chat_screen import Start, chatting
from tests.faults.proxy import proxies
from tests.people import Api, Serve

pytestmark = pytest.mark.parametrize("stack", ["embedded"], indirect=True)


async def test_after_a_broken_line_nothing_is_missing_and_nothing_is_doubled(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    port = urlsplit(api.url).port or 0

    async with proxies([port]) as (proxy,):
        start = Start(f"http://127.0.0.1:{proxy.port}", "alice")
        async with chatting(bob, start) as screen:
            await alice.send(conversation, "before.")
            await screen.shows("before.")
            proxy.refuse()
            await screen.shows("○ reconnecting in")
            await alice.send(conversation, "meanwhile.")
            proxy.go_on()
            await screen.shows("● connected", "meanwhile.")
            await alice.send(conversation, "after.")
            text = await screen.shows("after.")

    assert [text.count(word) for word in ("before.", "meanwhile.", "after.")] == [1, 1, 1]


async def test_a_message_is_shown_as_on_its_way_until_the_server_has_stored_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await alice.dm(bob)
    port = urlsplit(api.url).port or 0

    async with proxies([port]) as (proxy,):
        start = Start(f"http://127.0.0.1:{proxy.port}", "bob")
        async with chatting(alice, start) as screen:
            proxy.stall()
            await screen.write("slowly.")
            await screen.shows("slowly. …")
            proxy.go_on()
            text = await screen.shows("slowly. ✓")

    assert text.count("slowly.") == 1


async def test_what_is_written_while_the_line_is_broken_is_sent_once_it_is_back(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    port = urlsplit(api.url).port or 0

    async with proxies([port]) as (proxy,):
        start = Start(f"http://127.0.0.1:{proxy.port}", "bob")
        async with chatting(alice, start) as screen:
            proxy.refuse()
            await screen.shows("○ reconnecting in")
            await screen.write("one.")
            await screen.write("two.")
            waiting = await screen.shows("one. ✗", "two. ✗", "goes out when the server is back")
            proxy.go_on()
            await screen.shows("one. ✓", "two. ✓")

    contents = [it["content"] for it in await bob.messages(conversation)]
    assert "● connected" not in waiting
    assert contents == ["two.", "one."]


async def test_ticks_that_moved_while_the_line_was_broken_are_there_after_it(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    port = urlsplit(api.url).port or 0

    async with proxies([port]) as (proxy,):
        start = Start(f"http://127.0.0.1:{proxy.port}", "bob")
        async with chatting(alice, start) as screen:
            await screen.write("seen?")
            await screen.shows("seen? ✓")
            proxy.refuse()
            await screen.shows("○ reconnecting in")
            (message,) = await bob.messages(conversation)
            await bob.read(conversation, message["id"])
            proxy.go_on()
            await screen.shows("seen? ✓✓")


async def test_at_the_rate_limit_the_text_is_kept_and_may_be_sent_later(serve: Serve) -> None:
    api = await serve(rate_limit_messages=RateLimit("1/60"))
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.write("one.")
        await screen.shows("one. ✓")
        await screen.write("two.")
        await screen.shows("two. ✗", "rate limit reached, may be sent again")
        stored = await bob.messages(conversation)
        api.clock.advance(61)
        await screen.press("ctrl+r")
        await screen.shows("two. ✓")

    assert [it["content"] for it in stored] == ["one."]
    assert [it["content"] for it in await bob.messages(conversation)] == ["two.", "one."]


async def test_what_the_server_refused_can_be_taken_back_and_changed(serve: Serve) -> None:
    api = await serve(rate_limit_messages=RateLimit("1/60"))
    alice, bob = await api.people("alice", "bob")
    await alice.dm(bob)

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.write("one.")
        await screen.shows("one. ✓")
        await screen.write("two.")
        await screen.shows("two. ✗")
        await screen.press("up")
        await screen.hides("✗")
        await screen.shows("4/2000")
        await screen.press("!")
        await screen.shows("two.!", "5/2000")


async def test_a_text_that_is_too_long_stays_in_the_input(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await screen.write("x" * 2001)
        await screen.shows("2001/2000", "too long by 1")
        await screen.press("backspace", "enter")
        await screen.hides("/2000")
        await screen.shows("xxx ✓")

    assert [len(it["content"]) for it in await bob.messages(conversation)] == [2000]


async def test_hostile_texts_are_shown_and_not_obeyed(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    group = await alice.group("[bold]\x1b[31mred", bob)
    hostile = [
        "\x1b[2J\x1b]0;owned\x07",
        "[bold red]not bold[/bold red] [/] [@click=app.quit]press[/]",
        "\u202egnp.exe \u2066 \x9b31m",
        "honest\n12:00 alice\nforged",
        "\\[",
    ]
    for content in hostile:
        assert (await alice.send(conversation, content)).status_code == 201
    await alice.send(group, "$accent {x} %s [")

    async with chatting(bob, Start(api.url, "alice")) as screen:
        text = await screen.shows("forged", "\\[")
        await screen.paste("\x1b[2J[bold]pasted")
        pasted = await screen.shows("␛[2J[bold]pasted")
        await screen.press("ctrl+n")
        in_group = await screen.shows("$accent {x} %s [")

    assert "␛[2J␛]0;owned␇" in text
    assert "[bold red]not bold[/bold red] [/] [@click=app.quit]press[/]" in _joined(text)
    assert "# [bold]␛[31mred" in text
    assert "Write to [bold]␛[31mred" in in_group
    for shown in (text, pasted, in_group):
        assert not any(ord(character) < 32 for character in shown.replace("\n", ""))
        assert "\u202e" not in shown
    # A line that somebody put into a message begins further right than those that we write.
    forged = next(line for line in text.splitlines() if "12:00 alice" in line)
    assert forged.split("│")[1].startswith(" " * 7)


async def test_a_login_that_ends_meanwhile_ends_the_chat_and_says_so(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await alice.dm(bob)

    async with chatting(alice, Start(api.url, "bob")) as screen:
        await alice.client.post("/api/auth/logout")
        await screen.ended()

    assert isinstance(screen.app.failure, NotLoggedIn)


async def test_a_group_that_one_was_removed_from_says_so(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    group = await alice.group("Trip", bob)

    async with chatting(bob, Start(api.url, group)) as screen:
        await alice.send(group, "bye")
        await screen.shows("bye")
        await alice.client.delete(f"/api/conversations/{group}/participants/{bob.user_id}")
        text = await screen.shows("alice removed bob", "do not take part in this conversation")

    assert "# Trip" not in text
    assert "│ Trip" in text


@pytest.mark.parametrize("size", [(80, 24), (40, 15), (20, 6), (200, 50)])
async def test_every_size_of_terminal_shows_everything_that_has_room(
    api: Api, size: tuple[int, int]
) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    await alice.send(conversation, "a long line " * 20 + "日本語 👩‍👩‍👧‍👦 " + "w" * 300)

    async with chatting(bob, Start(api.url, "alice", size)) as screen:
        await screen.shows("new")
        await screen.press("escape")
        await screen.shows("www")
        for key in ("f2", "tab", "f2", "f1", "escape", "pageup", "ctrl+o", "escape", "escape"):
            await screen.press(key)
        await screen.shows("www")
        await screen.pilot.resize_terminal(60, 20)
        await screen.shows("www", "Write to alice")
        await screen.pilot.resize_terminal(*size)
        text = await screen.shows("www")

    assert all(len(line) <= size[0] for line in text.splitlines())


async def test_the_keys_are_shown_and_the_list_can_be_hidden(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await alice.dm(bob)

    async with chatting(alice, Start(api.url, "bob", (80, 30))) as screen:
        await screen.shows(">bob")
        await screen.press("f2")
        await screen.hides(">bob")
        await screen.press("f1")
        await screen.shows("Ctrl+J", "next conversation", "read; in a group, by how many")
        await screen.press("f1")
        await screen.hides("next conversation")


def _joined(text: str) -> str:
    """The right side of the screen as one line, as if it had not been wrapped."""
    parts = [line.split("│", 1)[1].strip() for line in text.splitlines() if "│" in line]
    return " ".join(parts)

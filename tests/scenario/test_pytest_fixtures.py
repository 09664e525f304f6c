"""The fixtures that Fynix gives to tests of anybody, used as anybody would."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from fynix_cli.errors import CommandError
from fynix_cli.pytest_plugin.failures import BadArgument, Missed
from fynix_cli.pytest_plugin.people import AsyncPersonFactory, PersonFactory
from fynix_cli.pytest_plugin.server import FynixServer


def test_people_talk_in_a_test_that_is_not_async(fynix_person: PersonFactory) -> None:
    alice, bob = fynix_person("alice"), fynix_person("bob")

    chat = alice.dm(bob)
    sent = alice.send(chat, "hello")
    event = bob.expect("new_message", within=5, where={"message.content": "hello"})
    unread_before, _ = bob.unread(chat), bob.read(chat)
    alice.expect("message_read", where={"user_id": bob.id})
    alice.edit(sent, "hello again")

    assert event["message"]["id"] == sent["id"]
    assert (unread_before, bob.unread(chat)) == (1, 0)
    assert [it["content"] for it in bob.messages(chat)] == ["hello again"]
    assert [it["id"] for it in bob.conversations()] == [chat["id"]]
    bob.expect("message_updated", where={"message.content": "hello again"})
    bob.expect_none("new_message")


async def test_people_talk_in_an_async_test(fynix_people: AsyncPersonFactory) -> None:
    alice, bob, carol = await asyncio.gather(
        *(fynix_people(name) for name in ("alice", "bob", "carol"))
    )

    group = await alice.group("Climbers", bob, carol)
    await asyncio.gather(*(it.send(group, f"it is {it.name}") for it in (alice, bob, carol)))
    events = await carol.expect_all("new_message", 3)
    await bob.typing(group)

    assert {it["message"]["content"] for it in events} == {
        "it is alice",
        "it is bob",
        "it is carol",
    }
    await alice.expect("typing", where={"user_id": bob.id, "is_typing": True})
    await carol.expect_none("message_deleted")


async def test_waiting_in_an_async_test_is_cancelled_with_it(
    fynix_people: AsyncPersonFactory,
) -> None:
    alice = await fynix_people("alice")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await alice.expect("new_message", within=60)

    assert (await alice.request("GET", "/api/users/me"))["id"] == alice.id


@pytest.mark.fynix_settings(rate_limit_messages="2/60")
def test_a_server_has_the_settings_of_its_test_and_a_clock_to_move(
    fynix_server: FynixServer, fynix_person: PersonFactory
) -> None:
    alice, bob = fynix_person("alice"), fynix_person("bob")
    chat = alice.dm(bob)
    for number in range(2):
        alice.send(chat, f"message {number}")

    refused = alice.send(chat, "too many", expect={"status": 429, "code": "rate_limited"})
    fynix_server.advance(61)
    alice.send(chat, "a minute later")

    assert refused["status_code"] == 429
    assert bob.unread(chat) == 3


@pytest.mark.fynix_settings(log_level="info")
def test_a_server_that_restarts_keeps_its_address_its_data_and_its_time(
    fynix_server: FynixServer, fynix_person: PersonFactory
) -> None:
    alice, bob = fynix_person("alice"), fynix_person("bob", is_breakable=True)
    chat = alice.dm(bob)
    fynix_server.advance(600)
    before = alice.send(chat, "before")

    fynix_server.restart()
    alice.reconnect()
    bob.reconnect()
    after = alice.send(chat, "after")
    bob.expect("new_message", where={"message.id": after["id"]})

    assert [it["id"] for it in bob.messages(chat)] == [after["id"], before["id"]]
    # The ten minutes are not taken back.
    assert after["created_at"] > before["created_at"]
    assert fynix_server.log() != []


def test_a_line_that_breaks_is_brought_back_with_what_was_missed(
    fynix_person: PersonFactory,
) -> None:
    alice = fynix_person("alice")
    bob = fynix_person("bob", devices=["phone", "laptop"], is_breakable=True)
    chat = alice.dm(bob)
    bob.at("laptop").expect("conversation_created")

    bob.break_line("drop")
    bob.expect("closed")
    missed = alice.send(chat, "bob is away")
    bob.heal()
    bob.reconnect()

    bob.expect("new_message", where={"message.id": missed["id"]})
    bob.at("laptop").expect("new_message", where={"message.id": missed["id"]})


def test_what_did_not_come_is_told_with_what_came_instead(fynix_person: PersonFactory) -> None:
    alice, bob = fynix_person("alice"), fynix_person("bob")
    alice.send(alice.dm(bob), "hello")

    with pytest.raises(Missed) as missed:
        bob.expect("new_message", within=0.1, where={"message.content": "goodbye"})
    with pytest.raises(Missed, match=r"alice\.expect_none: a conversation_created came"):
        alice.expect_none()

    told = str(missed.value)
    assert told.startswith("bob.expect: no such new_message within 0.1 s")
    assert 'differs   message.content: expected "goodbye", got "hello"' in told
    # Where in Fynix it was noticed is of no use: the test's own line is.
    assert [str(it.path) for it in missed.traceback.filter(missed)] == [__file__]


def test_what_cannot_be_asked_for_is_told_with_what_can(fynix_person: PersonFactory) -> None:
    alice = fynix_person("alice")

    with pytest.raises(BadArgument, match="alice is there already"):
        fynix_person("alice")
    with pytest.raises(BadArgument, match="actors"):
        fynix_person("Not A Name")
    with pytest.raises(BadArgument, match="there is no step 'sned'; did you mean send"):
        alice.do("sned", in_="x", text="hello")
    with pytest.raises(BadArgument, match=r"alice\.expect: event there is no event 'mesage'"):
        alice.expect("mesage")
    with pytest.raises(BadArgument, match="alice has no device 'phone'"):
        alice.at("phone")
    alice.disconnect()
    with pytest.raises(CommandError, match=r"alice\.main has no live line"):
        alice.typing(str(alice.id))


def test_every_step_of_a_scenario_can_be_done(fynix_person: PersonFactory) -> None:
    alice, bob = fynix_person("alice"), fynix_person("bob")

    group = alice.group("Climbers")
    alice.do("add", in_=group, who=bob)
    alice.do("rename", in_=group, name="Hikers")
    found = alice.do("find", q="bo")
    bob.do("leave", in_=group)

    assert bob.expect("conversation_updated")["name"] == "Hikers"
    assert [it["id"] for it in found["users"]] == [bob.id]
    alice.do("messages", in_=group, limit=5, after=0)
    bob.do("messages", in_=group, expect=403)


def test_a_command_can_act_on_the_server(
    fynix_server: FynixServer, fynix_person: PersonFactory
) -> None:
    alice = fynix_person("alice")

    listed: Any = subprocess.run(
        [sys.executable, "-c", "from fynix_cli.main import main; main()", "user", "list"],
        env=fynix_server.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert alice.username in listed.stdout

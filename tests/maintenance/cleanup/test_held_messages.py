"""What was held for review stays as long as it says something about a message that stands."""

from fynix_server.tables import HeldMessage, Message
from tests.held_messages.scene import add_rule, decide
from tests.maintenance.cleanup.cleaning import Asked, cleaned, rows_of, unsound
from tests.people import Api
from tests.staff import promoted


async def test_a_released_message_is_found_by_its_retry_after_its_held_copy_may_go(
    unlimited: Api,
) -> None:
    api = unlimited
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    await add_rule(api, verdict="hold")
    await add_rule(api, name="poker", pattern="poker", verdict="mask")
    text = "casino, poker"
    held = (await alice.send(dm, text, client_message_id="k")).json()
    await decide(moderator, "release", held["id"])
    settings = api.resources.settings

    done = await cleaned(settings, "messages", Asked(deleted_days=30, later_days=31))

    again = await alice.send(dm, text, client_message_id="k")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert done.removed == {}
    assert await unsound(settings) == {}


async def test_the_held_copy_goes_when_the_released_message_has_gone(unlimited: Api) -> None:
    moderator = await promoted(unlimited, "mod", "moderator")
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    await add_rule(unlimited, verdict="hold")
    held = (await alice.send(dm, "a casino")).json()
    await decide(moderator, "release", held["id"])
    settings = unlimited.resources.settings
    everything = Asked(days=30, later_days=31)

    first = await cleaned(settings, "messages", everything)
    second = await cleaned(settings, "messages", everything)

    assert (first.removed, second.removed) == (
        {"messages": 1},
        {"messages": 1, "held_messages": 1},
    )
    assert await rows_of(settings, Message) == await rows_of(settings, HeldMessage) == 0
    assert await unsound(settings) == {}


async def test_what_waits_for_a_moderator_does_not_say_when_the_last_message_was(
    unlimited: Api,
) -> None:
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    await add_rule(unlimited, verdict="hold")
    await alice.send(dm, "hello")
    await alice.send(dm, "a casino")
    settings = unlimited.resources.settings

    done = await cleaned(settings, "messages", Asked(days=30, later_days=31))

    assert done.removed == {"messages": 1}
    assert await unsound(settings) == {}

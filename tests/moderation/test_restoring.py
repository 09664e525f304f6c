"""What a moderator deleted, and nobody is to see again all the same."""

from sqlalchemy import update

from fynix_server.tables import User
from tests.moderation.scene import on_message, seen, sent
from tests.people import Api
from tests.retention.ruling import DAY, log_in, ruler
from tests.staff import promoted


async def test_what_is_being_erased_is_not_shown_once_more(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (message,) = await sent(bob, dm, "secret")
    await on_message(moderator, dm, message, "delete")
    async with api.resources.database.write() as connection:
        # As an erasure leaves it that has begun, and has not come to this conversation yet.
        erased = update(User).where(User.id == bob.user_id).values(status="erased")
        await connection.execute(erased)

    refused = await on_message(moderator, dm, message, "restore")

    assert (refused.status_code, refused.json()["code"]) == (409, "not_restorable")
    assert await seen(alice, dm) == ([], 0, 0)


async def test_what_has_expired_since_is_not_shown_once_more(api: Api) -> None:
    moderator = await promoted(api, "mod", "moderator")
    admin = await ruler(api)
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    (message,) = await sent(bob, dm, "secret")
    await on_message(moderator, dm, message, "delete")
    await admin.keep(7)
    api.clock.advance(8 * DAY)
    await log_in(api, alice, moderator)
    live = await alice.live()

    refused = await on_message(moderator, dm, message, "restore")
    await live.barrier()

    assert (refused.status_code, refused.json()["code"]) == (409, "not_restorable")
    assert live.seen("message_updated") == []

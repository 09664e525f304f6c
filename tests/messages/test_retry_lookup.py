"""What is refused but may be a retry: found, without taking anybody's way to the database."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from fynix_server.messages.drafts import Draft, Stored
from fynix_server.policy import ContentRejected
from fynix_server.settings import RateLimit
from tests.people import Api, Serve


async def test_refused_sends_are_looked_up_one_look_at_a_time_and_stored_ones_are_found(
    serve: Serve,
) -> None:
    api = await serve(rate_limit_messages=RateLimit("2/60"))
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    old = [await alice.send(dm, f"old {it}", client_message_id=f"old-{it}") for it in range(2)]
    api.clock.advance(61)
    fresh = [await alice.send(dm, f"fresh {it}") for it in range(2)]
    running, most = 0, 0

    def begin(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal running, most
        running += _is_look(statement)
        most = max(most, running)

    def end(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal running
        running -= _is_look(statement)

    for engine in api.resources.database.engines:
        event.listen(engine.sync_engine, "before_cursor_execute", begin)
        event.listen(engine.sync_engine, "after_cursor_execute", end)

    refused = await asyncio.gather(
        *(alice.send(dm, f"no {it}", client_message_id=f"no-{it}") for it in range(40))
    )
    assert (most, running) == (1, 0)
    again = await asyncio.gather(
        *(alice.send(dm, f"old {it}", client_message_id=f"old-{it}") for it in range(2))
    )

    assert {it.status_code for it in (*old, *fresh)} == {201}
    assert {it.status_code for it in refused} == {429}
    assert {it.status_code for it in again} == {200}
    assert [it.json()["id"] for it in again] == [it.json()["id"] for it in old]


async def test_a_refused_retry_whose_message_was_purged_meanwhile_stores_nothing(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    stored = (await alice.send(dm, "old", client_message_id="k")).json()

    def retry(key: str) -> "asyncio.Future[Stored]":
        draft = Draft(UUID(dm), alice.user_id, "alice", "old", "text", key)
        draft.refusal = ContentRejected("A rule of this server refuses this message.")
        return api.resources.message_writer.submit(draft)

    known = await retry("k")
    with pytest.raises(ContentRejected):
        await retry("of what was purged")

    assert (known.is_replay, str(known.message.id)) == (True, stored["id"])
    assert [it["content"] for it in await bob.messages(dm)] == ["old"]


def _is_look(statement: str) -> bool:
    return statement.startswith("SELECT") and "sent_digest" in statement

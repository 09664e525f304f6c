"""Going on at one's limit takes nobody else's way to the database."""

import asyncio
from typing import Any

from sqlalchemy import event

from fynix_server.settings import RateLimit
from tests.people import Serve


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


def _is_look(statement: str) -> bool:
    return statement.startswith("SELECT") and "sent_digest" in statement

"""A database that is away, slow, or breaks in the middle of a message."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from fynix_cli.stack.postgres import Postgres
from tests.faults.instances import (
    BreaksAt,
    Cluster,
    Instance,
    eventually,
    send_over,
    tell,
    took,
    two_friends,
)
from tests.people import Person

TIMEOUT_SECONDS = 1
BOUND_SECONDS = TIMEOUT_SECONDS * 2 + 5.0
"""The setting, as much again (at most 2 s) for whoever waits behind others; a slow machine."""


class Outage:
    """How the database goes away, and comes back."""

    def __init__(self, how: str, postgres: Postgres, instances: list[Instance]) -> None:
        self._how = how
        self._postgres = postgres
        self._lines = [it.database_line for it in instances]

    def begin(self) -> None:
        match self._how:
            case "killed":
                self._postgres.kill()
            case "paused":
                signal_all(self._postgres, signal.SIGSTOP)
            case "stalled":
                self._each(lambda line: line.stall())
            case "refused":
                self._each(lambda line: line.refuse())

    def end(self) -> None:
        match self._how:
            case "killed":
                # In this thread, though it blocks the loop: the server ends with its starter.
                self._postgres.start_again()
            case "paused":
                signal_all(self._postgres, signal.SIGCONT)
            case _:
                self._each(lambda line: line.go_on())

    def _each(self, change: Callable[[Any], None]) -> None:
        for line in self._lines:
            change(line)


def signal_all(postgres: Postgres, number: signal.Signals) -> None:
    """To every process of it: one for each connection."""
    pid = postgres.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for process in (pid, *map(int, children)):
        os.kill(process, number)


async def refused(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 503
        and answer.json()["code"] == "unavailable"
        and int(answer.headers["Retry-After"]) >= 1
    )


@pytest.mark.parametrize("how", ["killed", "paused", "stalled", "refused"])
async def test_while_the_database_is_away_sends_are_refused_in_time_and_sockets_stay_open(
    how: str, cluster: Cluster, own_postgres: Postgres
) -> None:
    first = await cluster.start(database_timeout_seconds=TIMEOUT_SECONDS)
    second = await cluster.start(database_timeout_seconds=TIMEOUT_SECONDS)
    alice, bob, dm = await two_friends(cluster)
    alice_live, bob_live = await alice.live(), await second.person(bob).live()
    before = (await alice.send(dm, "before")).json()
    outage = Outage(how, own_postgres, [first, second])

    outage.begin()
    try:
        answers, (frame, frame_took), (ready, ready_took), alive, _ = await asyncio.gather(
            _ask_everything(alice, dm),
            took(send_over(alice_live, dm, content="over the socket")),
            took(first.ready()),
            first.client.get("/livez"),
            bob_live.barrier(),
        )
    finally:
        outage.end()
    healing = await eventually(lambda: _is_ready(cluster))
    after = await alice.send(dm, "after")
    acknowledged = await send_over(alice_live, dm, content="after it, over the socket")

    assert all([await refused(answer) for answer, _ in answers])
    assert max(seconds for _, seconds in answers) < BOUND_SECONDS
    assert (frame["type"], frame["status_code"], frame["error"]) == ("error", 503, "unavailable")
    assert frame["retry_after"] >= 1
    assert max(frame_took, ready_took) < BOUND_SECONDS
    assert (ready, alive.status_code) == ((503, "unready"), 200)
    assert after.status_code == 201
    assert acknowledged["type"] == "ack"
    for stored in (before, after.json(), acknowledged["message"]):
        await bob_live.expect("new_message", seq=stored["seq"])
    assert [it["seq"] for it in await alice.messages(dm)] == [4, 3, 2]
    assert first.busy_connections == second.busy_connections == 0
    slowest = max(seconds for _, seconds in answers)
    tell(how, refused_within=slowest, frame=frame_took, healed=healing)


@pytest.mark.parametrize("how", ["terminated", "cut"])
async def test_connections_that_died_while_idle_are_replaced_unseen(
    how: str, cluster: Cluster, own_postgres: Postgres
) -> None:
    instance = await cluster.start()
    alice, _, dm = await two_friends(cluster)
    live = await alice.live()
    await _ask_at_once(alice, dm, 20)  # so that the pool is full

    async def end_all() -> None:
        if how == "terminated":
            assert await _terminate_all(own_postgres) >= 1
        else:
            assert instance.database_line.cut() >= 1
            await eventually(lambda: _has_lines(instance, 0))

    await end_all()
    assert await _ask_at_once(alice, dm, 10) == [200] * 10
    await end_all()
    sent = await asyncio.gather(*(alice.send(dm, f"n{number}") for number in range(4)))
    assert [it.status_code for it in sent] == [201] * 4
    await end_all()
    assert (await send_over(live, dm, content="n"))["type"] == "ack"


@pytest.mark.parametrize("key", [None, "my-key"])
@pytest.mark.parametrize("words", [b"BEGIN\0", b"UPDATE 1\0"])
async def test_a_line_that_breaks_before_the_commit_costs_the_sender_nothing(
    cluster: Cluster, words: bytes, key: str | None
) -> None:
    tamper = BreaksAt(words)
    instance = await cluster.start(database_tamper=tamper.line)
    alice, bob, dm = await two_friends(cluster)
    alice_live, bob_live = await alice.live(), await bob.live()

    for number in (2, 4):
        tamper.is_armed = True
        answer = await alice.send(dm, "over REST", client_message_id=key and f"{key}-{number}")
        tamper.is_armed = True
        frame = await send_over(alice_live, dm, content="over the socket")

        assert (answer.status_code, answer.json()["seq"]) == (201, number)
        assert (frame["type"], frame["message"]["seq"]) == ("ack", number + 1)
    heard = [it["seq"] for it in await bob_live.expect_count("new_message", 4)]
    assert heard == [2, 3, 4, 5]
    assert not tamper.is_armed
    assert instance.busy_connections == 0


@pytest.mark.parametrize("silently", [False, True])
@pytest.mark.usefixtures("only_told")
async def test_a_commit_whose_answer_is_lost_is_refused_yet_told_to_everybody(
    cluster: Cluster, silently: bool
) -> None:
    tamper = BreaksAt(b"COMMIT\0", silently=silently)
    await cluster.start(database_tamper=tamper.line, database_timeout_seconds=TIMEOUT_SECONDS)
    second = await cluster.start()
    alice, bob, dm = await two_friends(cluster)
    alice_live, bob_live = await alice.live(), await bob.live()
    far_live = await second.person(bob).live()

    tamper.is_armed = True
    answer = await alice.send(dm, "perhaps", client_message_id="k")
    tamper.is_armed = True
    frame = await send_over(alice_live, dm, content="perhaps too")
    again = await alice.send(dm, "perhaps", client_message_id="k")

    assert await refused(answer)
    assert (frame["type"], frame["status_code"]) == ("error", 503)
    assert (again.status_code, again.json()["seq"]) == (200, 2)
    for live in (alice_live, bob_live, far_live):
        heard, seconds = await took(live.expect_count("new_message", 2))
        assert [it["message"]["content"] for it in heard] == ["perhaps", "perhaps too"]
        tell("told after", seconds=seconds)
    assert [it["content"] for it in await alice.messages(dm)] == ["perhaps too", "perhaps"]


async def test_a_line_that_falls_silent_when_all_is_read_holds_nobody_for_long(
    cluster: Cluster,
) -> None:
    tamper = BreaksAt(b"ROLLBACK\0", silently=True)
    instance = await cluster.start(
        database_tamper=tamper.line, database_timeout_seconds=TIMEOUT_SECONDS
    )
    alice, _, dm = await two_friends(cluster)

    tamper.is_armed = True
    # Where this machine stalls, a line may be given up before it comes to that.
    while tamper.is_armed:
        _, seconds = await took(alice.client.get(f"/api/conversations/{dm}/messages"))
        assert seconds < BOUND_SECONDS

    assert instance.busy_connections == 0
    assert await _ask_at_once(alice, dm, 5) == [200] * 5


def _login(person: Person) -> dict[str, str]:
    return {"username": person.username, "password": person.password}


async def _is_ready(cluster: Cluster) -> bool:
    return all([await it.ready() == (200, "ready") for it in cluster.instances])


async def _ask_everything(
    person: Person, conversation_id: str
) -> Sequence[tuple[httpx.Response, float]]:
    """What asks the database, and how long each answer took."""
    return await asyncio.gather(
        took(person.send(conversation_id, "over REST")),
        took(person.send(conversation_id, "behind it")),
        took(person.client.get(f"/api/conversations/{conversation_id}/messages")),
        took(person.client.post("/api/auth/login", json=_login(person))),
    )


async def _has_lines(instance: Instance, count: int) -> bool:
    return instance.database_line.line_count == count


async def _ask_at_once(person: Person, conversation_id: str, times: int) -> list[int]:
    url = f"/api/conversations/{conversation_id}/messages"
    return [
        it.status_code
        for it in await asyncio.gather(*(person.client.get(url) for _ in range(times)))
    ]


async def _terminate_all(postgres: Postgres) -> int:
    """End every connection of the servers, and wait for that; how many there were."""
    connection = await asyncpg.connect(postgres.url("fynix").replace("+asyncpg", ""))
    try:
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'fynix'"
        )
    finally:
        await connection.close()
    return len(ended)

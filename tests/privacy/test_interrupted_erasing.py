"""An erasure goes on where it was: after its time was up, a kill, another request beside it."""

import asyncio
import itertools
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from fynix_server.app import create_app
from fynix_server.database import Database
from fynix_server.maintenance.doctor.examination import examine
from fynix_server.privacy import erasing
from fynix_server.settings import Settings
from fynix_server.tables import Conversation, Erasure, Message
from tests.conftest import QUICK_HASHES
from tests.end_to_end.server_process import ServerProcess, environment, fynix
from tests.people import PASSWORD, Api, MovableClock, Person
from tests.privacy.crowding import MARK, crowd
from tests.privacy.marked import USERNAME, marked, traces
from tests.running import run_app
from tests.staff import audited, promoted

CROWD = 3000


async def flood(api: Api, person: Person, other: Person, count: int) -> str:
    """A conversation in which `person` has said so much."""
    dm = await person.dm(other)
    async with api.resources.database.write() as connection:
        await crowd(connection, UUID(dm), (person.user_id, other.user_id), count)
    return dm


async def erase(admin: Person, person: Person) -> httpx.Response:
    url = f"/api/admin/users/{person.user_id}/erase"
    return await admin.client.post(url, json={"reason": "asked", "vacuum": True})


async def erase_whole(admin: Person, person: Person) -> list[dict[str, Any]]:
    """Every answer until it is finished."""
    answers = [(await erase(admin, person)).json()]
    while not answers[-1]["is_finished"]:
        answers.append((await erase(admin, person)).json())
    return answers


async def is_whole(person: Person, conversation_id: str) -> bool:
    """Whether every number of it comes once, in order, when it is read from its beginning."""
    numbers: list[int] = []
    while True:
        url = f"/api/conversations/{conversation_id}/events"
        query = {"after_seq": numbers[-1] if numbers else 0, "limit": 300}
        page = (await person.client.get(url, params=query)).json()
        numbers += [it["seq"] for it in page["events"]]
        if not page["has_more"]:
            return numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 1


async def test_what_takes_longer_than_a_request_goes_on_with_the_next(
    unlimited: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "WORK_SECONDS", 0.05)
    admin = await promoted(unlimited, "root", "admin")
    alice, bob, carol = await unlimited.people("alice", "bob", "carol")
    dms = [await flood(unlimited, alice, it, 600) for it in (bob, carol)]

    answers = await erase_whole(admin, alice)

    assert len(answers) > 2
    assert [it["counts"].get("messages", 0) for it in answers] == sorted(
        it["counts"].get("messages", 0) for it in answers
    )
    left = [it["messages_left"] for it in answers]
    assert left == sorted(left, reverse=True)
    assert left[0] > left[-1] == 0
    assert answers[-1]["certificate"]["counts"]["messages"] == 600
    assert await traces(settings, {"hers": "alice", "crowd": f"{MARK}0"}) == {}
    assert [await is_whole(it, dm) for it, dm in zip((bob, carol), dms, strict=True)] == [True] * 2
    assert [it.action for it in await audited(unlimited)] == ["user.erase"]


async def test_requests_at_once_erase_together_and_count_once(unlimited: Api) -> None:
    admin = await promoted(unlimited, "root", "admin")
    alice, bob = await unlimited.people("alice", "bob")
    dm = await flood(unlimited, alice, bob, 400)

    answers = await asyncio.gather(*(erase(admin, alice) for _ in range(3)))
    while (await erase(admin, alice)).status_code == 200:
        """It goes on, until there is nothing to go on with."""

    journal = (await admin.client.get("/api/admin/erasures")).json()["erasures"]
    assert {it.status_code for it in answers} <= {200, 409}
    assert [it["certificate"]["counts"]["messages"] for it in journal] == [200]
    assert await is_whole(bob, dm)
    assert [it.action for it in await audited(unlimited)] == ["user.erase"]


async def test_messages_are_sent_meanwhile_and_none_of_the_others_is_lost(
    unlimited: Api, settings: Settings
) -> None:
    admin = await promoted(unlimited, "root", "admin")
    alice, bob, carol = await unlimited.people("alice", "bob", "carol")
    await flood(unlimited, alice, bob, 600)
    group = await carol.group("club", bob, alice)
    await alice.send(group, "hers")
    erasure = asyncio.create_task(erase_whole(admin, alice))
    sent = []

    for number in itertools.count():
        sent.append(f"while it goes on {number}")
        assert (await bob.send(group, sent[-1])).status_code == 201
        if erasure.done():
            break

    assert (await erasure)[-1]["certificate"]["counts"]["messages"] == 301
    listed = [it["content"] for it in await carol.messages(group, after_seq=0, limit=100)]
    assert listed == sent[:100]
    assert await is_whole(carol, group)
    results = await examine(settings, lambda _count: None)
    assert [it.invariant.name for it in results if it.is_broken] == []


async def test_after_a_kill_in_the_middle_the_same_command_goes_on(
    settings: Settings, tmp_path: Path
) -> None:
    her, marks, dm = await _prepare(settings)
    env = _environment(settings, tmp_path)
    server = await ServerProcess.start(env)
    await _kill_while_erasing(server, her)
    left_over = await _unfinished(settings)

    server = await ServerProcess.start(env, port=int(server.url.rpartition(":")[2]))
    login = await fynix(env, "login", "root", "--server", server.url)
    words = ("user", "erase", USERNAME, "--reason", "asked", "--yes", "--vacuum", "-o", "json")
    repeated = await fynix(env, *words)
    async with AsyncExitStack() as stack:
        carol = await _back(server, stack, "carol")
        hole_free = await is_whole(carol, dm)
        page = (await carol.client.get(f"/api/conversations/{dm}/messages")).json()
    await server.stop()

    assert 0 < left_over < CROWD // 2
    assert login.code == 0, login.err
    assert repeated.code == 0, repeated.err
    assert hole_free
    assert page["total"] == CROWD // 2
    assert await traces(settings, marks) == {}
    results = await examine(settings, lambda _count: None)
    assert [(it.invariant.name, it.finding) for it in results if it.is_broken] == []


async def _kill_while_erasing(server: ServerProcess, her: Person) -> None:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.kill)
        carol, admin = await _back(server, stack, "carol"), await _back(server, stack, "root")
        live = await carol.live()
        erasure = asyncio.create_task(erase(admin, her))
        emptied = asyncio.create_task(live.expect_count("message_deleted", 100))
        await asyncio.wait((emptied, erasure), return_when=asyncio.FIRST_COMPLETED)
        assert not erasure.done(), erasure.result().text
        await emptied
        await server.kill()
        await asyncio.wait([erasure])
        await live.closed()


async def _prepare(settings: Settings) -> tuple[Person, dict[str, str], str]:
    """An admin, bob, carol and her, who wrote much to carol."""
    clock = MovableClock()
    app = create_app(settings.model_copy(update=QUICK_HASHES), clock)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(run_app(app))
        api = Api(url, app, clock, stack)
        await promoted(api, "root", "admin")
        bob, carol = await api.people("bob", "carol")
        her = await marked(api, bob)
        dm = await flood(api, her.person, carol, CROWD)
    return her.person, her.marks | {"crowd": f"{MARK}0"}, dm


def _environment(settings: Settings, folder: Path) -> dict[str, str]:
    assert settings.jwt_secret_key is not None
    return environment(
        folder,
        DATABASE_URL=settings.resolved_database_url,
        REDIS_URL=settings.redis_url,
        JWT_SECRET_KEY=settings.jwt_secret_key.get_secret_value(),
        FYNIX_PASSWORD=PASSWORD,
        FYNIX_RATE_LIMITS="off",
    )


async def _back(server: ServerProcess, stack: AsyncExitStack, name: str) -> "_Visitor":
    client = await stack.enter_async_context(httpx.AsyncClient(base_url=server.url, timeout=30.0))
    body = {"username": name, "password": PASSWORD}
    answer = await client.post("/api/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    return _Visitor(server.url, stack, client, answer.json())


class _Visitor(Person):
    """Somebody at a server of another process."""

    def __init__(
        self, url: str, stack: AsyncExitStack, client: httpx.AsyncClient, body: dict[str, Any]
    ) -> None:
        clock = MovableClock()
        # Only its sockets are asked of it, and these need no application.
        api = Api(url, None, clock, stack)  # type: ignore[arg-type]
        super().__init__(api, client, body)


async def _unfinished(settings: Settings) -> int:
    """How many of the crowd's messages the killed erasure has emptied; it is not finished."""
    database = Database(settings)
    try:
        async with database.read() as connection:
            row = (await connection.execute(select(Erasure.finished_at))).one()
            assert row.finished_at is None
            emptied = select(func.count()).select_from(Message).join(Conversation)
            query = emptied.where(Message.content == "", Conversation.message_count > 100)
            return int((await connection.execute(query)).scalar_one())
    finally:
        await database.close()

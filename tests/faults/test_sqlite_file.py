"""A SQLite file that another process has locked, that is read-only, or whose disk is full."""

import asyncio
import resource
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.server_process import ServerProcess, environment
from tests.faults.instances import Instance, eventually, locked, send_over, tell, took
from tests.people import PASSWORD

TIMEOUT_SECONDS = 1
BOUND_SECONDS = TIMEOUT_SECONDS * 2 + 5.0


def refusal(answer: httpx.Response) -> tuple[int, str, bool]:
    body = answer.json()
    return answer.status_code, body["code"], int(answer.headers["Retry-After"]) >= 1


async def test_a_lock_that_is_held_briefly_is_waited_for(
    sqlite_instance: Instance, sqlite_file: Path
) -> None:
    alice, bob = await sqlite_instance.people("alice", "bob")
    dm = await alice.dm(bob)

    with locked(sqlite_file) as other:
        sending = asyncio.create_task(alice.send(dm, "patience"))
        _, pending = await asyncio.wait([sending], timeout=TIMEOUT_SECONDS / 4)
        assert pending
        other.execute("ROLLBACK")

    assert (await sending).status_code == 201


async def test_a_lock_that_is_held_for_long_is_a_503_that_never_says_locked(
    sqlite_instance: Instance, sqlite_file: Path
) -> None:
    alice, bob = await sqlite_instance.people("alice", "bob")
    dm = await alice.dm(bob)
    alice_live, bob_live = await alice.live(), await bob.live()
    before = (await alice.send(dm, "before")).json()
    reading = f"/api/conversations/{dm}/messages"

    with locked(sqlite_file):
        answers = [
            *await asyncio.gather(
                took(alice.send(dm, "over REST")), took(alice.send(dm, "behind it"))
            ),
            await took(alice.client.patch(f"{reading}/{before['id']}", json={"content": "new"})),
            await took(bob.read(dm, before["id"])),
        ]
        frame, frame_took = await took(send_over(alice_live, dm, content="over the socket"))
        read = await alice.client.get(reading)
        ready = await sqlite_instance.ready()
    after = await alice.send(dm, "after")

    for answer, seconds in answers:
        assert refusal(answer) == (503, "unavailable", True)
        assert "locked" not in answer.text
        assert seconds < BOUND_SECONDS
    assert (frame["type"], frame["status_code"]) == ("error", 503)
    assert "locked" not in str(frame)
    assert frame_took < BOUND_SECONDS
    assert (read.status_code, ready) == (200, (200, "ready"))  # readers wait for no writer
    assert (after.status_code, after.json()["seq"]) == (201, before["seq"] + 1)
    await bob_live.expect("new_message", seq=after.json()["seq"])
    tell("locked", refused_within=max(seconds for _, seconds in answers), frame=frame_took)


@pytest.mark.parametrize("pragma", ["query_only", "max_page_count"])
async def test_a_file_that_takes_no_more_is_a_503_and_loses_nothing(
    sqlite_instance: Instance, pragma: str
) -> None:
    alice, bob = await sqlite_instance.people("alice", "bob")
    dm = await alice.dm(bob)
    live = await alice.live()

    await _set(sqlite_instance, pragma, 1)
    acknowledged = []
    while (answer := await alice.send(dm, "x" * 2000)).status_code == 201:
        acknowledged.append(answer.json()["seq"])
    frame = await send_over(live, dm, content="y" * 2000)
    health = await sqlite_instance.ready()
    await _set(sqlite_instance, pragma, 0)
    after = await alice.send(dm, "after")

    assert refusal(answer) == (503, "unavailable", True)
    assert (frame["type"], frame["status_code"]) == ("error", 503)
    assert health == (200, "ready")  # it can still be read
    assert after.status_code == 201
    stored = [it["seq"] for it in await alice.messages(dm, page_size=100)]
    assert sorted(stored) == [*acknowledged, after.json()["seq"]]
    assert sqlite_instance.busy_connections == 0


async def _set(instance: Instance, pragma: str, value: int) -> None:
    """On the one connection that writes. `max_page_count` 1: the file may not grow; 0: it may."""
    if pragma == "max_page_count":
        value = 1 if value else 2**31
    async with instance.resources.database.engine.connect() as connection:
        # Past SQLAlchemy, which would begin a transaction first.
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute(f"PRAGMA {pragma}={value}")


async def test_a_process_whose_disk_is_full_refuses_and_goes_on_once_there_is_room(
    tmp_path: Path,
) -> None:
    server = await ServerProcess.start(environment(tmp_path, FYNIX_RATE_LIMITS="off"))
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        url = await _sign_up(client)

        _limit_files(server, (tmp_path / "data" / "fynix.db-wal").stat().st_size + 2**18)
        acknowledged = []
        while (answer := await client.post(url, json={"content": "x" * 2000})).status_code == 201:
            acknowledged.append(answer.json()["seq"])
        _limit_files(server, resource.RLIM_INFINITY)
        _, healing = await took(eventually(lambda: _is_stored(client, url)))

        assert refusal(answer) == (503, "unavailable", True)
        stored: list[int] = []
        while page := (await client.get(url, params=_older_than(stored))).json()["messages"]:
            stored += [it["seq"] for it in page]
        assert acknowledged
        assert set(acknowledged) <= set(stored)
        assert len(stored) == len(set(stored))
        tell("a full disk", acknowledged=len(acknowledged), healed=healing)
    assert await server.stop() == 0
    assert any("database_away" in line for line in server.log)


async def _sign_up(client: httpx.AsyncClient) -> str:
    """Make two people and log the first in; the address of their messages."""
    ids = []
    for name in ("bob", "alice"):
        body = {"username": name, "password": PASSWORD}
        answer = (await client.post("/api/auth/register", json=body)).json()
        ids.append(answer["user"]["id"])
        client.headers["Authorization"] = f"Bearer {answer['access_token']}"
    dm = (await client.post(f"/api/conversations/dm/{ids[0]}")).json()["id"]
    return f"/api/conversations/{dm}/messages"


def _limit_files(server: ServerProcess, size: int) -> None:
    """No file of the process may grow past `size`: what it writes there fails."""
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def _is_stored(client: httpx.AsyncClient, url: str) -> bool:
    return (await client.post(url, json={"content": "after"})).status_code == 201


def _older_than(seqs: list[int]) -> dict[str, int]:
    return {"before_seq": min(seqs), "limit": 100} if seqs else {"limit": 100}

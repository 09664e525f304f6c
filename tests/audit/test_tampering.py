"""Somebody with the password of the database changes the log: `verify_log` names the entry."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, text, update

from fynix_server.audit import Act, Actor, record_act, redact_details
from fynix_server.audit.queries import EntriesWanted, find_entries, head_of_log
from fynix_server.audit.verifying import verify_log
from fynix_server.audit_chain.link import Link
from fynix_server.audit_chain.verifying import Chained, Mark, Verdict
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.settings import Settings
from fynix_server.tables import AuditEntry, AuditHead
from tests.audit.chains import rewritten
from tests.people import Api, Serve
from tests.staff import audited, promoted

ACTOR = Actor("user", str(UUID(int=1)), UUID(int=2))
BOB = UUID(int=3)
LENGTH = 6
SET = "UPDATE audit_log SET "
TAMPERED: dict[str, tuple[list[str], tuple[int, str]]] = {
    "another act": ([SET + "action = 'user.unban' WHERE seq = 3"], (3, "changed")),
    "another actor": ([SET + "actor_id = 'x' WHERE seq = 3"], (3, "changed")),
    "an attempt made a deed": ([SET + "outcome = 'refused' WHERE seq = 1"], (1, "changed")),
    "another target": ([SET + "target_id = 'x' WHERE seq = 6"], (6, "changed")),
    "no target": ([SET + "target_kind = NULL WHERE seq = 3"], (3, "changed")),
    "no request": ([SET + "request_id = NULL WHERE seq = 3"], (3, "changed")),
    "another time": (
        [SET + "at = other.at FROM audit_log AS other WHERE other.seq = 6 AND audit_log.seq = 3"],
        (3, "changed"),
    ),
    "another reason": (
        [SET + "details = replace(details, 'because', 'for fun') WHERE seq = 3"],
        (3, "details_changed"),
    ),
    "another salt": ([SET + "details_salt = 'x' WHERE seq = 3"], (3, "details_changed")),
    "another digest": (
        [SET + "details = '', details_salt = '', details_digest = 'x' WHERE seq = 3"],
        (3, "changed"),
    ),
    "another hash": ([SET + "hash = previous_hash WHERE seq = 3"], (3, "changed")),
    "another predecessor": ([SET + "previous_hash = hash WHERE seq = 3"], (3, "changed")),
    "no reason": (
        [SET + "details = NULL, details_salt = NULL WHERE seq = 3"],
        (3, "details_removed"),
    ),
    "no salt": ([SET + "details_salt = NULL WHERE seq = 3"], (3, "details_changed")),
    "one removed": (["DELETE FROM audit_log WHERE seq = 3"], (3, "missing")),
    "the first removed": (["DELETE FROM audit_log WHERE seq = 1"], (1, "missing")),
    "one removed, the rest moved up": (
        [
            "DELETE FROM audit_log WHERE seq = 3",
            *(SET + f"seq = {it - 1} WHERE seq = {it}" for it in (4, 5, 6)),
            "UPDATE audit_head SET seq = 5",
        ],
        (3, "changed"),
    ),
    "two swapped": (
        [SET + f"seq = {to} WHERE seq = {of}" for of, to in ((2, 99), (3, 2), (99, 3))],
        (2, "changed"),
    ),
    "one moved to the end": (
        [SET + "seq = 7 WHERE seq = 3", "UPDATE audit_head SET seq = 7"],
        (3, "missing"),
    ),
    "the end cut off": (["DELETE FROM audit_log WHERE seq > 4"], (5, "cut_off")),
    "all removed": (["DELETE FROM audit_log"], (1, "cut_off")),
    "another head": (["UPDATE audit_head SET hash = 'x'"], (6, "head_differs")),
    "a head too far": (["UPDATE audit_head SET seq = 9"], (7, "cut_off")),
    "a head too early": (["UPDATE audit_head SET seq = 4"], (5, "beyond_head")),
    "no head": (["DELETE FROM audit_head"], (1, "beyond_head")),
}
UNREADABLE = {
    "no time": SET + "at = 'yesterday' WHERE seq = 3",
    "no request id": SET + "request_id = 'x' WHERE seq = 3",
    "bytes": SET + "action = x'ff' WHERE seq = 3",
    "bytes for details": SET + "details = x'ff' WHERE seq = 3",
}


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """One whose log has LENGTH entries, about bob and others."""
    database = Database(settings)
    for number in range(LENGTH):
        target = BOB if number in (1, 4) else uuid4()
        await record(database, "user.ban", str(target))
    yield database
    await database.close()


async def record(database: Database, action: str, target_id: str) -> None:
    act = Act(action, "user", target_id, {"status": "active"}, {"status": "banned"}, "because")
    async with database.write() as connection:
        await record_act(connection, ACTOR, act, utc_now())


async def execute(database: Database, *statements: str) -> None:
    async with database.write() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def verified(database: Database, known: Mark | None = None) -> Verdict:
    return await verify_log(database, known, lambda count: None)


async def broken(database: Database, known: Mark | None = None) -> tuple[int, str] | None:
    found = (await verified(database, known)).broken
    return None if found is None else (found.seq, found.problem)


async def read(database: Database) -> tuple[list[Chained], Mark]:
    async with database.read() as connection:
        entries = await find_entries(connection, EntriesWanted(after_seq=0), 100)
        return list(entries), await head_of_log(connection)


async def test_a_log_as_it_was_written_is_whole(database: Database) -> None:
    verdict = await verified(database)

    _, head = await read(database)
    assert (verdict.broken, verdict.count, verdict.last) == (None, LENGTH, head)


@pytest.mark.parametrize("name", TAMPERED)
async def test_whatever_is_done_to_it_is_found_and_named(database: Database, name: str) -> None:
    statements, expected = TAMPERED[name]

    await execute(database, *statements)

    assert await broken(database) == expected


@pytest.mark.parametrize("stack", ["embedded"])  # Postgres takes no such values
@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_cannot_even_be_read_is_named(database: Database, name: str) -> None:
    await execute(database, UNREADABLE[name])

    assert await broken(database) == (3, "unreadable")


async def test_an_entry_that_was_put_in_at_the_end_is_found(database: Database) -> None:
    entries, _ = await read(database)
    link = Link(**{**_fields(entries[-1].link), "seq": 7, "previous_hash": entries[4].hash})
    async with database.write() as connection:
        row = {**_fields(link), "hash": link.hash(), "details": "", "details_salt": ""}
        await connection.execute(insert(AuditEntry), row)
        await connection.execute(update(AuditHead).values(seq=7, hash=link.hash()))

    assert await broken(database) == (7, "unlinked")


def _fields(link: Link) -> dict[str, Any]:
    return {name: getattr(link, name) for name in Link.__slots__}


async def test_a_log_written_anew_with_its_head_shows_against_a_hash_that_was_kept(
    database: Database,
) -> None:
    entries, head = await read(database)
    anew = rewritten(entries, 3, actor_id="nobody")
    async with database.write() as connection:
        await connection.execute(delete(AuditEntry))
        rows = [
            {**_fields(it.link), "hash": it.hash, "details": it.details}
            | {"details_salt": it.details_salt}
            for it in anew
        ]
        await connection.execute(insert(AuditEntry), rows)
        await connection.execute(update(AuditHead).values(hash=anew[-1].hash))

    assert await broken(database) is None
    assert await broken(database, head) == (6, "rewritten")
    assert await broken(database, Mark(4, entries[3].hash)) == (4, "rewritten")
    assert await broken(database, Mark(2, entries[1].hash)) is None


async def test_an_end_cut_off_with_its_head_shows_against_a_hash_that_was_kept(
    database: Database,
) -> None:
    entries, head = await read(database)
    await execute(database, "DELETE FROM audit_log WHERE seq > 4")
    async with database.write() as connection:
        await connection.execute(update(AuditHead).values(seq=4, hash=entries[3].hash))

    assert await broken(database) is None
    assert await broken(database, head) == (5, "cut_off")


# ── erasing ──────────────────────────────────────────────────────────────────────────────────


async def test_erasing_somebody_removes_what_is_said_of_them_and_the_chain_holds(
    database: Database,
) -> None:
    async with database.write() as connection:
        count = await redact_details(connection, BOB)
        erasure = Act("user.erase", "user", str(BOB), {}, {"entries": count}, "asked for it")
        await record_act(connection, ACTOR, erasure, utc_now())

    verdict = await verified(database)
    assert (count, verdict.broken, verdict.erased) == (2, None, 2)
    entries, _ = await read(database)
    gone = [it.link.seq for it in entries if it.details is None and it.details_salt is None]
    assert gone == [2, 5]


async def test_removing_details_without_erasing_anybody_is_found(database: Database) -> None:
    async with database.write() as connection:
        await redact_details(connection, BOB)

    assert await broken(database) == (2, "details_removed")


async def test_erasing_twice_finds_nothing_more(database: Database) -> None:
    async with database.write() as connection:
        counts = [await redact_details(connection, BOB) for _ in range(2)]
        counts.append(await redact_details(connection, uuid4()))

    assert counts == [2, 0, 0]


# ── many at once ─────────────────────────────────────────────────────────────────────────────


async def mute_and_unmute(api: Api, token: str, user_ids: list[str]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    for user_id in user_ids:
        for verb in ("mute", "unmute"):
            url = f"/api/admin/users/{user_id}/{verb}"
            answer = await api.client.post(url, json={"reason": "because"}, headers=headers)
            assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("stack", ["full"])
async def test_two_instances_that_act_at_once_keep_one_chain(serve: Serve) -> None:
    apis = [await serve(rate_limits="off"), await serve(rate_limits="off")]
    moderators = [await promoted(apis[0], f"mod{it}", "moderator") for it in range(2)]
    people = [[await apis[0].register(f"user{a}{b}") for b in range(5)] for a in range(2)]
    database = apis[0].resources.database

    acting = asyncio.gather(
        *(
            mute_and_unmute(api, moderator.access_token, [str(it.user_id) for it in theirs])
            for api, moderator, theirs in zip(apis, moderators, people, strict=True)
        )
    )
    meanwhile, _ = await asyncio.gather(verified(database), acting)

    assert meanwhile.broken is None
    verdict = await verified(database)
    assert (verdict.broken, verdict.count) == (None, 20)
    assert [it.seq for it in await audited(apis[0])] == list(range(1, 21))

"""The doctor: calm about what is sound, precise about what is not, careful in mending it."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from fynix_cli.stack.postgres import Postgres
from fynix_cli.stack.valkey import Valkey
from fynix_server.audit import Actor
from fynix_server.maintenance.doctor.examination import (
    INVARIANTS,
    MEND,
    Examined,
    Mending,
    examine,
    mend,
)
from fynix_server.maintenance.doctor.invariant import Finding
from fynix_server.maintenance.seed_plan import SeedPlan
from fynix_server.maintenance.seeding import seed_database
from fynix_server.settings import Settings, load_settings
from fynix_server.tables import Conversation, ConversationEvent
from tests.conftest import COMMON, TEMPLATE
from tests.maintenance.breaking import Break, break_by_hand, damage_index, found_while_broken
from tests.maintenance.breaks import MENDABLE, UNMENDABLE
from tests.maintenance.conftest import Told, contents
from tests.maintenance.lived_in import SECRET_TEXT, live_in
from tests.stacks import create_database, drop_database

HOST = Actor("host", "somebody@here")
NOT_DERIVED = (
    "two of the same people",
    "an event with a message's",
    "a stranger",
    "gone at no time",
)


@pytest.fixture(scope="module")
def lived_in_file(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lived_in")
    shutil.copy(migrated_sqlite, folder / "fynix.db")
    asyncio.run(live_in(load_settings(data_dir=folder, **COMMON)))
    return folder / "fynix.db"


@pytest.fixture(scope="module")
def lived_in_database(postgres: Postgres, valkey: Valkey) -> Iterator[str]:
    """The name of a Postgres database, to be copied."""
    name = f"lived_in_{uuid4().hex}"
    url = asyncio.run(create_database(postgres, name, TEMPLATE))
    asyncio.run(live_in(load_settings(database_url=url, redis_url=valkey.url(), **COMMON)))
    yield name
    asyncio.run(drop_database(postgres, name))


@pytest.fixture
def shared(stack: str, request: pytest.FixtureRequest) -> Settings:
    """Settings of such a database that all tests share; leave it as it was."""
    if stack == "embedded":
        folder = request.getfixturevalue("lived_in_file").parent
        return load_settings(data_dir=folder, **COMMON)
    postgres: Postgres = request.getfixturevalue("postgres")
    name = request.getfixturevalue("lived_in_database")
    return load_settings(database_url=postgres.url(name), **COMMON)


@pytest.fixture
def lived_in(stack: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database of one's own, in which people have done everything."""
    if stack == "embedded":
        shutil.copy(request.getfixturevalue("lived_in_file"), tmp_path / "fynix.db")
        yield load_settings(data_dir=tmp_path, **COMMON)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("lived_in_database")
    name = f"test_{uuid4().hex}"
    url = asyncio.run(create_database(postgres, name, template))
    yield load_settings(database_url=url, data_dir=tmp_path, **COMMON)
    asyncio.run(drop_database(postgres, name))


def broken(results: list[Examined]) -> set[str]:
    return {it.invariant.name for it in results if it.is_broken}


def named(breaks: tuple[Break, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "case", breaks, ids=lambda it: f"{it.invariant}: {it.what}".replace(" ", "_")
    )


def assert_tells_ids_only(finding: Finding) -> None:
    """It has examples, and they repeat nothing that people wrote."""
    assert finding.examples
    for words in (SECRET_TEXT, "renamed", "key-0", "alice", "emperor"):
        assert words not in str(finding.examples).lower()


# ── what is sound ────────────────────────────────────────────────────────────────────────────


async def test_an_empty_database_is_sound(settings: Settings, told: Told) -> None:
    results = await examine(settings, told)

    assert broken(results) == set()
    assert told.count == len(results) == len(INVARIANTS)


async def test_a_seeded_database_is_sound(settings: Settings, plan: SeedPlan, told: Told) -> None:
    await seed_database(settings, plan, None, Told())

    results = await examine(settings, told)

    assert broken(results) == set()
    checked = {it.invariant.name: it.finding.checked for it in results}
    assert checked["senders"] == plan.request.messages
    assert checked["numbers_whole"] == plan.request.conversations


async def test_a_database_that_people_have_lived_in_is_sound(
    lived_in: Settings, told: Told
) -> None:
    results = await examine(lived_in, told)

    assert broken(results) == set()
    unused = {it.invariant.name for it in results if it.finding.checked == 0}
    assert unused == (set() if lived_in.is_sqlite else {"file"})


async def test_an_heir_whom_an_older_server_told_nobody_of_is_sound(
    lived_in: Settings, told: Told
) -> None:
    group = select(Conversation.id).where(Conversation.name == "handed on").scalar_subquery()
    silent = (
        update(ConversationEvent)
        .where(
            ConversationEvent.conversation_id == group,
            ConversationEvent.type == "participant_updated",
            ConversationEvent.payload.contains('"role":"owner"'),
            ConversationEvent.seq == 6,
        )
        .values(type="conversation_updated", payload="{}")
    )
    await break_by_hand(lived_in, Break("membership_log", "of an older server", [silent]))

    assert broken(await examine(lived_in, told)) == set()


# ── what is not ──────────────────────────────────────────────────────────────────────────────


def test_every_invariant_is_broken_by_some_test() -> None:
    mendable = {it.name for it in INVARIANTS if it.mend is not None}

    assert {it.invariant for it in MENDABLE} == mendable
    assert {it.invariant for it in (*MENDABLE, *UNMENDABLE)} == {it.name for it in INVARIANTS} - {
        "file"
    }


@named(MENDABLE)
async def test_what_is_derived_is_named_tried_and_mended(
    case: Break, lived_in: Settings, told: Told
) -> None:
    sound = await contents(lived_in)
    await break_by_hand(lived_in, case)
    unsound = await contents(lived_in)

    found = await examine(lived_in, told)
    tried = await mend(lived_in, found, Mending(HOST, told, is_dry_run=True))
    after_trying = await contents(lived_in)
    mended = await mend(lived_in, found, Mending(HOST, told, is_dry_run=False))
    again = await examine(lived_in, told)
    after_mending = await contents(lived_in)

    assert broken(found) == case.broken
    assert_tells_ids_only(next(it.finding for it in found if it.is_broken))
    assert after_trying == unsound
    counts = {it.invariant.name: it.mended for it in mended if it.mended}
    assert counts == {case.invariant: 1}
    assert counts == {it.invariant.name: it.mended for it in tried if it.mended}
    assert broken(again) == set()
    entries = {it: after_mending.pop(it) for it in ("audit_log", "audit_head")}
    added = entries["audit_log"][len(sound["audit_log"]) :]
    assert [it.action for it in added] == [MEND]
    if case.is_restored:
        assert after_mending == {name: rows for name, rows in sound.items() if name not in entries}


@named(UNMENDABLE)
async def test_what_is_broken_is_named_by_its_ids_and_nothing_else_is(
    case: Break, shared: Settings
) -> None:
    found = await found_while_broken(shared, case)

    assert {name for name, it in found.items() if it.broken} == case.broken
    assert_tells_ids_only(found[case.invariant])


async def test_what_is_not_derived_is_left_alone(lived_in: Settings, told: Told) -> None:
    for case in UNMENDABLE:
        if case.what in NOT_DERIVED:
            await break_by_hand(lived_in, case)
    unsound = await contents(lived_in)
    found = await examine(lived_in, told)

    mended = await mend(lived_in, found, Mending(HOST, told, is_dry_run=False))

    assert {"dm_key", "membership_log", "numbers_once", "senders"} <= broken(found)
    assert [it.invariant.name for it in mended if it.mended] == []
    assert await contents(lived_in) == unsound


async def test_a_damaged_file_ends_the_examination(
    lived_in_file: Path, tmp_path: Path, told: Told
) -> None:
    shutil.copy(lived_in_file, tmp_path / "fynix.db")
    damage_index(tmp_path / "fynix.db")

    results = await examine(load_settings(data_dir=tmp_path, **COMMON), told)

    assert [it.invariant.name for it in results] == ["file"]
    assert results[0].finding.broken > 0

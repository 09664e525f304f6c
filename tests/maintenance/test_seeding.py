"""Seeding: the same for the same seed, and nothing that a server would not have written."""

import shutil
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter
from sqlalchemy import Row, select

from fynix_server.database import Database
from fynix_server.errors import Conflict
from fynix_server.maintenance.corpus import load_languages
from fynix_server.maintenance.seed_plan import SeedPlan, SeedRequest, make_plan
from fynix_server.maintenance.seeding import check_is_new, seed_database
from fynix_server.protocol.fields import Content
from fynix_server.settings import Settings
from fynix_server.tables import Conversation, ConversationEvent, ConversationParticipant, Message
from tests.maintenance.conftest import SMALL, Told, contents

AnyRow = Row[*tuple[Any, ...]]


@pytest.fixture
async def seeded(settings: Settings, plan: SeedPlan, told: Told) -> Settings:
    await seed_database(settings, plan, None, told)
    return settings


async def rows(settings: Settings, table: type[Any]) -> list[AnyRow]:
    database = Database(settings)
    try:
        async with database.read() as connection:
            return list(await connection.execute(select(*table.__table__.columns)))
    finally:
        await database.close()


# ── the same again ───────────────────────────────────────────────────────────────────────────


async def test_a_seed_stores_the_same_in_every_database(
    seeded: Settings, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("another")
    shutil.copy(migrated_sqlite, folder / "fynix.db")
    another = seeded.model_copy(update={"data_dir": folder, "database_url": None})

    await seed_database(another, make_plan(SMALL), None, Told())

    assert await contents(another) == await contents(seeded)


async def test_another_seed_fits_beside_it_and_shares_nobody(seeded: Settings) -> None:
    before = len(await rows(seeded, Message))

    other = make_plan(SeedRequest(conversations=3, messages=30, seed=8))
    await check_is_new(seeded, other)
    await seed_database(seeded, other, None, Told())

    assert len(await rows(seeded, Message)) == before + 30


async def test_the_same_seed_again_is_a_conflict_and_changes_nothing(
    seeded: Settings, plan: SeedPlan
) -> None:
    before = await contents(seeded)

    with pytest.raises(Conflict, match="seed 7"):
        await check_is_new(seeded, plan)
    with pytest.raises(Conflict, match="seed 7"):
        await seed_database(seeded, plan, None, Told())

    assert await contents(seeded) == before


async def test_more_of_the_same_seed_is_a_conflict_too(seeded: Settings) -> None:
    larger = make_plan(SeedRequest(conversations=60, messages=601, seed=7))

    with pytest.raises(Conflict):
        await check_is_new(seeded, larger)


async def test_checking_a_new_seed_changes_nothing(settings: Settings, plan: SeedPlan) -> None:
    before = await contents(settings)

    await check_is_new(settings, plan)

    assert await contents(settings) == before


# ── what is stored ───────────────────────────────────────────────────────────────────────────


async def test_as_much_is_stored_as_was_asked_for_and_told(seeded: Settings, told: Told) -> None:
    conversations = await rows(seeded, Conversation)

    assert len(conversations) == SMALL.conversations
    assert len(await rows(seeded, Message)) == SMALL.messages == told.count
    assert {it.is_group for it in conversations} == {True, False}


async def test_the_numbers_of_every_conversation_have_no_holes(seeded: Settings) -> None:
    numbers: dict[UUID, list[int]] = defaultdict(list)
    for row in (*await rows(seeded, ConversationEvent), *await rows(seeded, Message)):
        numbers[row.conversation_id].append(row.seq)

    for conversation in await rows(seeded, Conversation):
        expected = list(range(1, conversation.last_seq + 1))
        assert sorted(numbers[conversation.id]) == expected


async def test_every_conversation_begins_with_its_creation_by_its_first_member(
    seeded: Settings, plan: SeedPlan
) -> None:
    events = {it.conversation_id: it for it in await rows(seeded, ConversationEvent)}

    assert len(events) == len(plan.conversations)
    for conversation in plan.conversations:
        event = events[conversation.id]
        assert (event.seq, event.type, event.payload) == (1, "conversation_created", "{}")
        assert event.actor_id == conversation.members[0]


async def test_conversations_agree_with_their_messages(seeded: Settings) -> None:
    messages = await messages_by_conversation(seeded)

    for conversation in await rows(seeded, Conversation):
        said = messages[conversation.id]
        last_moment = said[-1].created_at if said else None
        assert conversation.message_count == len(said)
        assert conversation.last_message_at == last_moment
        assert conversation.updated_at == (last_moment or conversation.created_at)
        moments = [conversation.created_at, *(it.created_at for it in said)]
        assert moments == sorted(moments)


async def test_only_members_speak_and_each_has_read_what_they_said(seeded: Settings) -> None:
    messages = await messages_by_conversation(seeded)
    members = await rows(seeded, ConversationParticipant)

    people = {(it.conversation_id, it.user_id) for it in members}
    for said in messages.values():
        assert {(it.conversation_id, it.sender_id) for it in said} <= people
    for member in members:
        said = messages[member.conversation_id]
        own = [it.seq for it in said if it.sender_id == member.user_id]
        ids = {it.seq: it.id for it in said}
        assert member.joined_seq == 1
        assert member.last_read_seq >= max(own, default=0)
        assert member.last_read_message_id == ids.get(member.last_read_seq)
        assert (member.last_read_seq == 0) == (member.last_read_message_id is None)


async def test_some_have_read_everything_and_some_have_not(seeded: Settings) -> None:
    last = {it.id: it.last_seq for it in await rows(seeded, Conversation)}
    members = await rows(seeded, ConversationParticipant)

    up_to_date = {it.last_read_seq == last[it.conversation_id] for it in members}

    assert up_to_date == {True, False}


async def test_a_group_has_one_owner_and_a_pair_has_none(seeded: Settings) -> None:
    roles: dict[UUID, list[str]] = defaultdict(list)
    for member in await rows(seeded, ConversationParticipant):
        roles[member.conversation_id].append(member.role)

    for conversation in await rows(seeded, Conversation):
        found = roles[conversation.id]
        assert found.count("owner") == (1 if conversation.is_group else 0)
        assert (len(found) > 2) == conversation.is_group == (conversation.name is not None)


async def test_ids_are_of_the_moment_they_stand_for(seeded: Settings) -> None:
    for message in await rows(seeded, Message):
        assert message.id.version == 7
        assert message.id.int >> 80 == round(message.created_at.timestamp() * 1000)


async def messages_by_conversation(settings: Settings) -> dict[UUID, list[AnyRow]]:
    """The messages of each, oldest first."""
    found: dict[UUID, list[AnyRow]] = defaultdict(list)
    for row in sorted(await rows(settings, Message), key=lambda it: int(it.seq)):
        found[row.conversation_id].append(row)
    return found


# ── odd amounts, and speed ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("conversations", "messages"), [(1, 0), (1, 1), (5, 3), (15, 0)])
async def test_small_amounts_are_stored_exactly(
    settings: Settings, conversations: int, messages: int
) -> None:
    small = make_plan(SeedRequest(conversations, messages, seed=1))

    await seed_database(settings, small, None, Told())

    assert len(await rows(settings, Conversation)) == conversations
    assert len(await rows(settings, Message)) == messages


async def test_ten_thousand_messages_take_less_than_five_seconds(settings: Settings) -> None:
    began = time.perf_counter()

    await seed_database(settings, make_plan(SeedRequest(100, 10_000, 1)), None, Told())

    assert time.perf_counter() - began < 5


# ── texts ────────────────────────────────────────────────────────────────────────────────────


def test_the_corpus_speaks_ten_languages_and_more_some_from_right_to_left() -> None:
    names = {it.name for it in load_languages(1)}

    assert len(names) >= 10
    assert {"hebrew", "persian", "urdu"} <= names


@pytest.mark.parametrize("missing", [None, "chatterbot_corpus", "yaml"])
def test_every_line_can_be_a_message_with_and_without_the_corpus(
    missing: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing:
        monkeypatch.setitem(sys.modules, missing, None)

    languages = load_languages(1)

    content: TypeAdapter[str] = TypeAdapter(Content)
    for language in languages:
        for exchange in language.exchanges:
            assert exchange
            for line in exchange:
                assert content.validate_python(line) == line
    assert len(languages) > 5


def test_made_up_texts_are_the_same_for_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chatterbot_corpus", None)

    assert load_languages(1) == load_languages(1)
    assert load_languages(1) != load_languages(2)


@pytest.mark.parametrize(("conversations", "popular"), [(1, 1), (2, 1), (9, 0), (40, 40), (60, 20)])
def test_somebody_popular_is_the_first_and_in_so_many_conversations_of_all(
    conversations: int, popular: int
) -> None:
    plan = make_plan(SeedRequest(conversations, 100, 3, popular))

    assert len(plan.conversations) == conversations
    assert sum(it.message_count for it in plan.conversations) == 100
    theirs = [it for it in plan.conversations if plan.people[0].id in it.members]
    if popular:
        assert len(theirs) == len({frozenset(it.members) for it in theirs}) == popular
    pairs = [frozenset(it.members) for it in plan.conversations if it.group_name is None]
    assert len(pairs) == len(set(pairs))


def test_nobody_is_in_more_conversations_than_there_are() -> None:
    with pytest.raises(ValueError, match="more conversations than there are"):
        SeedRequest(3, 30, 1, popular=4)

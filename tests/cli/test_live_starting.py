"""Where to begin: the cursors that show what happened since a moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fynix_cli.client.http import HttpClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.starting_points import CLOCKS_DIFFER_BY, StartingPoints
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from tests.cli.live_peer import BOB, BOB_HIMSELF, new_message

ONE = UUID("0198c0de-0000-7000-8000-000000000001")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
JITTER_SECONDS = int(CLOCKS_DIFFER_BY.total_seconds()) // 2
Body = dict[str, Any]


def at(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


class Shelf:
    """A server that has conversations of bob, and messages, and counts what is asked of it.

    `on_page` is called before a page of conversations is read, with its number.
    """

    def __init__(self, messages: dict[int, datetime] | None = None) -> None:
        self.messages = messages or {}
        self.conversations: list[Body] = []
        self.on_page: Callable[[int], None] = lambda page: None
        self.asked: list[str] = []
        self.refusals: list[httpx.Response] = []

    def client(self) -> RestClient:
        tokens = MemoryTokens(TokenPair("access", "refresh"))
        transport = httpx.MockTransport(self._answer)
        return RestClient(HttpClient("http://fynix.test", tokens, transport=transport))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/api/users/me":
            return httpx.Response(200, json=BOB_HIMSELF)
        if self.refusals:
            return self.refusals.pop()
        self.asked.append(path)
        if path == "/api/conversations":
            return httpx.Response(200, json=self._page_of_conversations(dict(request.url.params)))
        return httpx.Response(200, json=self._page_of_messages(dict(request.url.params)))

    def _page_of_conversations(self, query: dict[str, str]) -> Body:
        page, size = int(query["page"]), int(query["page_size"])
        self.on_page(page)
        return {
            "conversations": self.conversations[(page - 1) * size : page * size],
            "total": len(self.conversations),
            "page": page,
            "page_size": size,
            "has_next": len(self.conversations) > page * size,
        }

    def _page_of_messages(self, query: dict[str, str]) -> Body:
        limit = int(query.get("limit", query.get("page_size", 0)))
        seqs = sorted(self.messages)
        if "after_seq" in query:
            seqs = [seq for seq in seqs if seq > int(query["after_seq"])]
        else:
            end = int(query.get("before_seq", 2**62))
            seqs = [seq for seq in reversed(seqs) if seq < end]
        found = [
            {**new_message(ONE, seq)["message"], "created_at": self.messages[seq].isoformat()}
            for seq in seqs[:limit]
        ]
        return {
            "messages": found,
            "total": len(self.messages),
            "page": 1,
            "page_size": limit,
            "has_next": len(seqs) > limit,
            "conversation_id": str(ONE),
        }


def conversation(number: int, updated_at: datetime, joined_at: datetime = EPOCH) -> Body:
    person = {
        "user_id": str(BOB),
        "username": "bob",
        "display_name": "Bob",
        "avatar_url": None,
        "joined_at": joined_at.isoformat(),
        "is_active": True,
        "role": "member",
        "last_read_message_id": None,
    }
    return {
        "id": str(UUID(int=number)),
        "is_group": True,
        "name": f"number {number}",
        "description": None,
        "created_at": EPOCH.isoformat(),
        "updated_at": updated_at.isoformat(),
        "last_message_at": None,
        "last_seq": 50,
        "participants": [person],
        "last_message": None,
        "unread_count": 0,
    }


def expected(messages: dict[int, datetime], moment: datetime) -> int:
    """The same by looking at every message."""
    news = [seq for seq, created_at in messages.items() if created_at >= moment]
    end = min(news, default=2**62)
    return max((seq for seq in messages if seq < end), default=0)


def history(seed: int, count: int, longest_gap_seconds: int) -> dict[int, datetime]:
    """Messages whose numbers have holes (edits, deletions) and whose clocks disagree."""
    random = Random(seed)
    messages, seq, seconds = {}, random.randint(0, 40), 0
    for _ in range(count):
        seq += random.randint(1, 3)
        seconds += random.randint(0, longest_gap_seconds)
        messages[seq] = at(seconds + random.randint(-JITTER_SECONDS, JITTER_SECONDS))
    return messages


@settings(max_examples=300)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 400),
    longest_gap_seconds=st.sampled_from([1, 10, 600]),
    place=st.floats(-0.1, 1.1),
)
async def test_it_begins_after_the_last_message_before_the_first_one_since(
    seed: int, count: int, longest_gap_seconds: int, place: float
) -> None:
    messages = history(seed, count, longest_gap_seconds)
    moment = at(place * count * longest_gap_seconds / 2)

    async with Shelf(messages).client() as rest:
        found = await StartingPoints(rest).cursor_at(ONE, moment)

    assert found == expected(messages, moment)


async def test_a_long_history_is_not_read_to_find_the_place() -> None:
    messages = {seq: at(seq * 60) for seq in range(1, 100_001)}
    shelf = Shelf(messages)

    async with shelf.client() as rest:
        found = await StartingPoints(rest).cursor_at(ONE, at(20_000 * 60))

    assert found == 19_999
    assert len(shelf.asked) < 25


async def test_what_was_quiet_since_then_costs_no_request_and_what_was_joined_since_is_whole() -> (
    None
):
    shelf = Shelf()
    quiet = conversation(1, updated_at=at(100))
    joined = conversation(2, updated_at=at(1100), joined_at=at(1050))
    shelf.conversations = [joined, quiet]

    async with shelf.client() as rest:
        found = await StartingPoints(rest).cursors_since(at(1000))

    assert found == {UUID(int=1): 50, UUID(int=2): 0}
    assert shelf.asked == ["/api/conversations"]


async def test_everything_begins_at_the_beginning_but_only_where_it_is_wanted() -> None:
    shelf = Shelf()
    shelf.conversations = [conversation(number, updated_at=at(100)) for number in (1, 2)]

    async with shelf.client() as rest:
        everything = await StartingPoints(rest).cursors_since(None)
        only = await StartingPoints(rest).cursors_since(None, UUID(int=2))

    assert everything == {UUID(int=1): 0, UUID(int=2): 0}
    assert only == {UUID(int=1): 50, UUID(int=2): 0}


async def test_a_rate_limit_is_waited_for() -> None:
    refusal = {
        "detail": "Too many.",
        "status_code": 429,
        "timestamp": EPOCH.isoformat(),
        "code": "rate_limited",
        "request_id": str(ONE),
    }
    shelf = Shelf({1: at(0), 2: at(900)})
    shelf.refusals = [httpx.Response(429, json=refusal, headers={"Retry-After": "1"})]
    said: list[str] = []

    async with shelf.client() as rest:
        found = await StartingPoints(rest, said.append).cursor_at(ONE, at(600))

    assert found == 1
    assert said == ["rate limit reached while looking back: going on in 1 s"]


@pytest.mark.parametrize("limit", [10_000, 250, 3])
async def test_a_list_that_shifts_while_it_is_read_is_whole_all_the_same(limit: int) -> None:
    shelf = Shelf()
    shelf.conversations = [conversation(number, updated_at=at(0)) for number in range(300)]

    def somebody_writes(page: int) -> None:
        if page == 2 and shelf.conversations[0]["id"] == str(UUID(int=0)):
            # From the third page to the top: read by then, so on no page that is still to come.
            shelf.conversations.insert(0, shelf.conversations.pop(250))

    shelf.on_page = somebody_writes

    async with shelf.client() as rest:
        found = await rest.all_conversations(limit)

    assert len({it.id for it in found}) == len(found) == min(limit, 300)

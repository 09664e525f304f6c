"""A conversation in which much is said at once holds up itself, and nobody else."""

import asyncio
from collections import Counter, deque
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fynix_server.errors import Unavailable
from fynix_server.messages.fair_queue import FairQueue
from fynix_server.messages.writer import MAX_GROUP, Draft
from tests.people import Person, Serve

QUEUE = 1000


def draft(sender: Person, conversation_id: str, content: str) -> Draft:
    return Draft(UUID(conversation_id), sender.user_id, sender.username, content, "text", None)


async def test_a_flood_in_one_conversation_is_refused_there_and_the_next_one_goes_before_it(
    serve: Serve,
) -> None:
    api = await serve(rate_limits="off", message_queue_size=QUEUE)
    alice, bob, carol = await api.people("alice", "bob", "carol")
    flooded, quiet = await alice.dm(bob), await carol.dm(bob)
    writer = api.resources.message_writer

    # Nothing is awaited, so nothing is stored meanwhile.
    flood = [writer.submit(draft(alice, flooded, str(number))) for number in range(QUEUE // 2)]
    with pytest.raises(Unavailable):
        writer.submit(draft(alice, flooded, "one too many"))
    polite = writer.submit(draft(carol, quiet, "hello"))

    await polite
    assert sum(future.done() for future in flood) < MAX_GROUP
    stored = await asyncio.gather(*flood)
    assert [it.message.content for it in stored] == [str(number) for number in range(QUEUE // 2)]
    first = stored[0].message.seq
    assert [it.message.seq for it in stored] == list(range(first, first + QUEUE // 2))
    assert (await alice.send(flooded, "after")).status_code == 201


@given(
    size=st.integers(1, 40),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 4)),
            st.tuples(st.just("take"), st.integers(1, 12)),
        ),
        max_size=200,
    ),
)
def test_lanes_take_turns_keep_their_order_and_never_hold_more_than_there_is_room(
    size: int, steps: list[tuple[str, int]]
) -> None:
    queue: FairQueue[int, tuple[int, int]] = FairQueue(size)
    lanes: dict[int, deque[tuple[int, int]]] = {}
    for number, (step, argument) in enumerate(steps):
        waiting = sum(map(len, lanes.values()))
        assert len(queue) == waiting <= size
        if step == "put":
            lane = lanes.setdefault(argument, deque())
            has_room = len(lane) < size - waiting
            assert queue.put(argument, (argument, number)) is has_room
            if has_room:
                lane.append((argument, number))
            continue
        before = {lane: len(items) for lane, items in lanes.items()}
        taken = queue.take(argument)
        assert len(taken) == min(argument, waiting)
        for item in taken:
            assert item == lanes[item[0]].popleft()
        shares = Counter(lane for lane, _ in taken)
        # Nobody had two more than another that still waits.
        assert all(
            shares[lane] == before[lane] or shares[lane] >= max(shares.values()) - 1
            for lane in before
        )

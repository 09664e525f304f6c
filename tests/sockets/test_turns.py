"""Whoever says much takes turns: a round of the event loop stays short however many they are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fynix_server.sockets.turns import AT_ONCE, Turns


@asynccontextmanager
async def waiting(
    turns: Turns, count: int
) -> AsyncIterator[tuple[list[asyncio.Task[None]], list[int]]]:
    """So many who take a turn; and in what order they got it."""
    came: list[int] = []

    async def one(number: int) -> None:
        await turns.take()
        came.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(count)]
    yield tasks, came
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_no_more_than_a_few_go_on_in_one_round_and_all_in_their_order() -> None:
    count = 5 * AT_ONCE + 3
    async with waiting(Turns(), count) as (_, came):
        most, before = 0, 0
        while len(came) < count:
            await asyncio.sleep(0)
            most, before = max(most, len(came) - before), len(came)

    assert came == list(range(count))
    assert most == AT_ONCE


async def test_those_who_left_the_line_take_nobody_elses_turn() -> None:
    turns = Turns()
    async with waiting(turns, 2 * AT_ONCE) as (tasks, came):
        await asyncio.sleep(0)  # now they wait
        for task in tasks[:AT_ONCE]:
            task.cancel()

    assert came == list(range(AT_ONCE, 2 * AT_ONCE))
    await turns.take()

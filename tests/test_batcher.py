"""Questions asked at once are answered together, each with its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from fynix_server.batcher import Batcher


class Oracle:
    """Doubles numbers, once it is let; keeps each batch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_answer = asyncio.Event()

    async def answer(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        await self.may_answer.wait()
        if 13 in numbers:
            raise ValueError("unlucky")
        return [2 * number for number in numbers]


async def asked(batcher: Batcher[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    """Questions that are on their way, or wait for it."""
    tasks = [asyncio.create_task(batcher.ask(number)) for number in numbers]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_a_lone_one_goes_at_once_and_what_comes_meanwhile_goes_together_in_order() -> None:
    oracle = Oracle()
    batcher = Batcher(oracle.answer, at_most=3, name="test")

    tasks = [*await asked(batcher, 1), *await asked(batcher, 2, 3, 4, 5)]
    assert oracle.batches == [[1]]
    oracle.may_answer.set()

    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]
    assert oracle.batches == [[1], [2, 3, 4], [5]]


async def test_a_failure_is_told_to_those_of_its_batch_alone() -> None:
    oracle = Oracle()
    batcher = Batcher(oracle.answer, at_most=2, name="test")
    oracle.may_answer.set()

    found = await asyncio.gather(
        *(batcher.ask(number) for number in (1, 2, 13, 4, 5)), return_exceptions=True
    )

    assert [it if isinstance(it, int) else str(it) for it in found] == [
        *(2, 4),
        *("unlucky", "unlucky"),
        10,
    ]
    assert await batcher.ask(7) == 14


async def test_who_has_gone_away_keeps_no_answer_from_the_others() -> None:
    oracle = Oracle()
    batcher = Batcher(oracle.answer, at_most=9, name="test")
    first, second, third = [*await asked(batcher, 1), *await asked(batcher, 2, 3)]

    first.cancel()
    second.cancel()
    oracle.may_answer.set()

    assert await third == 6
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_closed_it_asks_no_more() -> None:
    oracle = Oracle()
    batcher = Batcher(oracle.answer, at_most=9, name="test")
    tasks = await asked(batcher, 1)

    await batcher.close()
    await batcher.close()

    assert not tasks[0].done()
    tasks[0].cancel()

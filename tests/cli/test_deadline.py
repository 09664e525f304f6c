"""Waiting until a moment and no longer."""

import asyncio

import pytest

from fynix_cli.chat.deadline import Deadline, TimeIsUp

SOON, LATE = 0.05, 30.0


async def answer() -> str:
    return "answer"


async def fail() -> str:
    raise OSError("it failed")


@pytest.mark.parametrize("seconds", [None, LATE])
async def test_what_comes_in_time_is_returned(seconds: float | None) -> None:
    assert await Deadline(seconds).wait_for(answer) == "answer"


@pytest.mark.parametrize("seconds", [None, LATE])
async def test_what_fails_in_time_fails(seconds: float | None) -> None:
    with pytest.raises(OSError, match="it failed"):
        await Deadline(seconds).wait_for(fail)


async def test_what_does_not_come_is_ended() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeIsUp):
        await Deadline(SOON).wait_for(work)

    assert ended.is_set()


async def test_work_that_takes_its_cancellation_for_something_else_is_ended_all_the_same() -> None:
    swallowed = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.append("once")
        await asyncio.Event().wait()

    with pytest.raises(TimeIsUp):
        await Deadline(SOON).wait_for(work)

    assert swallowed == ["once"]


async def test_after_the_moment_nothing_is_begun() -> None:
    begun = []

    async def work() -> None:
        begun.append("work")

    deadline = Deadline(SOON)
    with pytest.raises(TimeIsUp):
        await deadline.wait_for(asyncio.Event().wait)
    with pytest.raises(TimeIsUp):
        await deadline.wait_for(work)

    assert begun == []


async def test_whoever_is_interrupted_while_waiting_ends_the_work() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.ensure_future(Deadline(LATE).wait_for(work))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert ended.is_set()

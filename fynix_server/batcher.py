"""Asking together: what is asked while an answer is on its way goes in the next batch.

Many at once then pay a fraction of a journey each, and there is only one on its way; a lone one
goes at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Batcher(Generic[Question, Answer]):
    """Hands questions to `answer`, up to `at_most` together, in their order."""

    def __init__(
        self,
        answer: Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]],
        *,
        at_most: int,
        name: str,
    ) -> None:
        """`answer` gives one answer for each question, in their order. `name`: of the task."""
        self._answer = answer
        self._at_most = at_most
        self._name = name
        self._asked: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        """Raises: what `answer` raises, for everybody whose question was among those."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked.append((question, future))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), name=self._name)
        return await future

    async def _ask(self) -> None:
        """Ask whatever was asked for, until nothing is left."""
        try:
            while self._asked:
                batch, self._asked = self._asked[: self._at_most], self._asked[self._at_most :]
                waiting = [future for _, future in batch]
                try:
                    answers = await self._answer([question for question, _ in batch])
                except Exception as error:  # whatever it is, it must not leave them waiting
                    for future in waiting:
                        if not future.done():  # else its caller has gone away
                            future.set_exception(error)
                else:
                    for future, answer in zip(waiting, answers, strict=True):
                        if not future.done():
                            future.set_result(answer)
        finally:
            self._asking = None

    async def close(self) -> None:
        """Ask no more. Who still waits is left to wait: call it when nobody does."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

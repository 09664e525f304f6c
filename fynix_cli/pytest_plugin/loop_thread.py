"""An event loop in a thread of its own: for tests that know nothing of loops, or have another."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, wait
from types import TracebackType
from typing import Any, Generic, TypeVar

from fynix_cli.pytest_plugin.failures import TOLD

T = TypeVar("T")

CANCEL_SECONDS = 20.0


class LoopThread:
    """Runs from `__enter__` to `__exit__`, which cancels what is not done by then."""

    def __init__(self) -> None:
        self._is_up = threading.Event()
        # Daemon: an exit that was not in order must not wait for it.
        self._thread = threading.Thread(target=self._serve, name="fynix", daemon=True)

    def __enter__(self) -> "LoopThread":
        self._thread.start()
        self._is_up.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Have it done, and wait for it. An interrupt, or a timeout of pytest's, cancels it, and
        is raised when it has ended."""
        __tracebackhide__ = True
        errand = Errand(self._loop, work)
        try:
            return errand.done.result()
        except BaseException as error:
            errand.cancel()
            wait([errand.done], CANCEL_SECONDS)
            if isinstance(error, TOLD):
                raise error.with_traceback(None) from None
            raise

    async def run_beside(self, work: Coroutine[Any, Any, T]) -> T:
        """The same for somebody on another loop, which goes on meanwhile."""
        __tracebackhide__ = True
        errand = Errand(self._loop, work)
        try:
            return await asyncio.wrap_future(errand.done)
        except asyncio.CancelledError:
            errand.cancel()
            raise
        except TOLD as error:
            raise error.with_traceback(None) from None

    def _serve(self) -> None:
        # Named, so that it is the same whatever a project has made its default.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._is_up.set()
        await self._stopping.wait()


class Errand(Generic[T]):
    """Something to do on a loop of another thread. `done`: what came of it, once it has ended;
    unlike that of `run_coroutine_threadsafe`, also where it was cancelled."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> None:
        self.done: Future[T] = Future()
        # From now on nobody but its task settles it.
        self.done.set_running_or_notify_cancel()
        self._loop = loop
        self._work = work
        self._task: asyncio.Task[T] | None = None
        loop.call_soon_threadsafe(self._begin)

    def cancel(self) -> None:
        """No harm where it is done."""
        if not self.done.done():
            self._loop.call_soon_threadsafe(self._cancel)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._work)
        self._task.add_done_callback(self._settle)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _settle(self, task: "asyncio.Task[T]") -> None:
        if task.cancelled():
            self.done.set_exception(asyncio.CancelledError())
        elif (error := task.exception()) is not None:
            self.done.set_exception(error)
        else:
            self.done.set_result(task.result())

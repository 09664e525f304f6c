"""Live frames for as long as one wants: connects anew when the line drops, and resumes."""

import asyncio
import math
import time
from contextlib import aclosing

from fynix_cli.client.backoff import full_jitter
from fynix_cli.client.cursors import Cursors
from fynix_cli.client.failures import ApiError
from fynix_cli.client.live_line import Frames, LiveLine, StateListener
from fynix_cli.client.live_socket import (
    LineLost,
    LiveSocket,
    NotFynix,
    TokenRefused,
    open_socket,
)
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import TokenPair
from fynix_cli.errors import NotLoggedIn, Unreachable
from fynix_server.protocol.frames import ClientFrame

BACKOFF_BASE_SECONDS = 0.2
BACKOFF_CAP_SECONDS = 10.0
STEADY_SECONDS = 5.0
"""A connection that held this long was a good one: the next wait starts small again."""


class LiveClient:
    """The live frames of one person. `on_state` is told of lines lost and found.

    `cursors` says where to begin; None: from now on. They move with what is given out.
    """

    def __init__(
        self,
        rest: RestClient,
        on_state: StateListener = lambda text: None,
        cursors: Cursors | None = None,
    ) -> None:
        self.cursors = cursors or Cursors()
        self._rest = rest
        self._on_state = on_state
        self._is_refused = False
        self._was_greeted = False
        self._greeted_at = math.inf
        self._tokens: TokenPair | None = None
        self._socket: LiveSocket | None = None
        self._retry_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a line just now that the server has greeted."""
        return self._socket is not None

    @property
    def seconds_until_retry(self) -> float | None:
        """How long until the next try to connect; None: none is waited for."""
        return None if self._retry_at is None else max(0.0, self._retry_at - time.monotonic())

    async def send(self, command: ClientFrame) -> bool:
        """Send over the line that is open now. False: there is none, and nothing was sent.

        It is not repeated, and nobody knows whether it arrived: what must not be lost goes by
        REST, under a key of its own.
        """
        if self._socket is None:
            return False
        await self._socket.send(command.model_dump_json())
        return True

    async def frames(self) -> Frames:
        """Every frame from the cursors on, in order within its conversation; ends only by raising.

        Numbered frames come once each, and count as given out when the next one is asked for.
        Answers to the client's own housekeeping are left out.

        Raises: NotLoggedIn, LiveStopped (the server said not to come back), ApiError,
        Unreachable if there was no answer even the first time, and what keeping cursors raises.
        """
        await self._rest.me()
        failures = 0
        while True:
            self._greeted_at = math.inf
            try:
                async with aclosing(self._frames_of_one_line()) as frames:
                    async for frame in frames:
                        yield frame
            except TokenRefused:
                lost = await self._renew()
            except NotFynix as error:
                if not self._was_greeted:
                    raise
                # It was there before: something stands in while it restarts.
                lost = LineLost(error.message)
            except (LineLost, Unreachable) as error:
                lost = error
            self.cursors.keep()
            failures = 0 if self._held_long() else failures
            if lost is not None:
                await self._pause(lost, failures)
                failures += 1

    async def _frames_of_one_line(self) -> Frames:
        self._tokens = self._rest.http.current_tokens()
        server = self._rest.http.server
        async with open_socket(server, self._tokens.access_token) as (socket, hello):
            self._is_refused = False
            self._was_greeted = True
            self._greeted_at = time.monotonic()
            line = LiveLine(self._rest, socket, self.cursors, self._on_state)
            async with (
                socket.kept_alive(hello.heartbeat_seconds),
                aclosing(line.frames()) as frames,
            ):
                self._socket = socket
                try:
                    async for frame in frames:
                        yield frame
                finally:
                    self._socket = None

    async def _renew(self) -> LineLost | Unreachable | None:
        """Get tokens that hold; else what is in the way, for now. Raises: NotLoggedIn."""
        if self._is_refused:
            raise NotLoggedIn(
                "the server refuses this login", hint="log in again with: fynix login NAME"
            )
        try:
            await self._rest.http.renew_tokens(self._tokens or self._rest.http.current_tokens())
        except ApiError as error:
            return LineLost(f"the server refused: {error.detail}", error.retry_after or 0)
        except Unreachable as error:
            return error
        self._is_refused = True
        return None

    def _held_long(self) -> bool:
        return time.monotonic() - self._greeted_at > STEADY_SECONDS

    async def _pause(self, error: LineLost | Unreachable, failures: int) -> None:
        seconds = full_jitter(failures, BACKOFF_BASE_SECONDS, BACKOFF_CAP_SECONDS)
        if isinstance(error, LineLost):
            seconds += error.pause_seconds
        self._retry_at = time.monotonic() + seconds
        try:
            self._on_state(f"{error.args[0]}; trying again in {seconds:.1f} s")
            await asyncio.sleep(seconds)
        finally:
            self._retry_at = None

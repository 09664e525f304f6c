"""One device of a person: its login, its live line, and what came through it."""

import asyncio
import base64
import contextlib
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fynix_cli.line_proxy import Proxy
from fynix_cli.scenario.model.step_shapes import CLOSED
from fynix_cli.scenario.playing.delivery_record import DeliveryRecord
from fynix_cli.scenario.playing.failures import CannotPlay
from fynix_cli.scenario.playing.frame_buffer import Arrival, Frame, FrameBuffer
from fynix_cli.scenario.playing.live_line import LineRefused, LineTarget, LiveLine, open_line
from fynix_server.protocol.close_codes import CloseCode

HEARTBEAT_SECONDS = 20.0
RETRY_SECONDS = 0.05
_LOGIN_ENDED = (CloseCode.AUTHENTICATION_FAILED, CloseCode.SUSPENDED, CloseCode.SESSION_REVOKED)
LEAVE_SECONDS = 1.0

FrameListener = Callable[["Device", Arrival], None]


@dataclass
class Login:
    """The tokens of a device, and its session. `access_token` may have expired."""

    access_token: str
    refresh_token: str | None
    session_id: str | None


@dataclass(eq=False)
class Device:
    """`owner`: whose it is. `on_frame` is told of everything that comes, pongs to our own pings
    excepted."""

    owner: str
    name: str
    url: str
    login: Login
    on_frame: FrameListener
    is_plain: bool = False
    buffer: FrameBuffer = field(default_factory=FrameBuffer)
    record: DeliveryRecord = field(default_factory=DeliveryRecord)
    proxy: Proxy | None = None
    lost_share: float = 0.0
    misunderstood: list[Frame] = field(default_factory=list)
    """Frames that lack what they should have."""
    plain_standing: dict[str, int] = field(default_factory=dict)
    """Of a plain line, the last message of each conversation as it was opened."""
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the line is opened anew: by a step, or by the device itself."""
    is_following: bool = False
    """Whether what happens comes through the line: it was resumed, or is a plain one."""
    is_replaying: bool = False
    """Whether what comes was missed before: between a `resume` and its `resumed`."""
    on_lost: Callable[[], None] | None = None
    """Called when the line ends that nobody here has closed."""
    may_break: bool = False
    """Whether the scenario breaks its lines, or servers, so that they may end at any time."""
    on_resume: Callable[[dict[str, int]], None] | None = None
    """Called with the cursors of each `resume` that is about to be sent."""
    counts_from_resumed: bool = False
    """Whether the next `resumed` says where counting begins."""
    opened_at: int = 0
    """How many frames had come when the line was last opened."""
    _line: LiveLine | None = None
    _pulse: asyncio.Task[None] | None = None
    _pings: deque[asyncio.Event | None] = field(default_factory=deque)
    """For each ping that is not answered yet: ours (to set when it is) or the script's."""

    @property
    def who(self) -> tuple[str, str]:
        return self.owner, self.name

    def take_tokens(self, body: dict[str, Any]) -> None:
        """Those of an answer to register, login or refresh."""
        access_token = str(body["access_token"])
        session_id = session_of(access_token)
        self.login = Login(access_token, str(body["refresh_token"]), session_id)

    @property
    def is_connected(self) -> bool:
        return self._line is not None and self._line.is_open

    async def connect(
        self, within: float, *, is_plain: bool, token: str | None = None, is_retried: bool = False
    ) -> None:
        """Open the line. Raises: LineRefused; with `is_retried` only when time is up."""
        await self.disconnect()
        self.is_plain = self.is_following = is_plain
        self.opened_at = len(self.buffer.arrivals)
        deadline = asyncio.get_running_loop().time() + within
        while True:
            left = max(0.05, deadline - asyncio.get_running_loop().time())
            via = self.proxy.port if self.proxy is not None else None
            target = LineTarget(self.url, token or self.login.access_token, is_plain, via)
            try:
                self._line = await open_line(target, self.receive, left)
                break
            except LineRefused as refused:
                is_final = not is_retried or refused.status in {401, 403, 404}
                if is_final or asyncio.get_running_loop().time() + RETRY_SECONDS > deadline:
                    raise
            await asyncio.sleep(RETRY_SECONDS)
        self._pings.clear()
        self._pulse = asyncio.create_task(self._keep_alive())

    async def disconnect(self) -> None:
        """Close the line in order, if there is one."""
        line, self._line = self._line, None
        pulse, self._pulse = self._pulse, None
        if pulse is not None:
            pulse.cancel()
            await asyncio.wait([pulse])
        if line is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS * 2):
                    await line.close()

    async def send(self, text: str) -> None:
        """Send a text as a frame. Raises: CannotPlay (there is no line)."""
        if self._line is None or not self._line.is_open:
            raise CannotPlay(
                f"{self.owner}.{self.name} has no live line",
                hint=f"open one before: {self.owner}.{self.name}.connect",
            )
        if _is_ping(text):
            self._pings.append(None)
        await self._line.send(text)

    async def send_frame(self, frame: Frame) -> None:
        await self.send(json.dumps(frame))

    def lost_lines(self) -> list[Frame]:
        """The ends of lines that nobody has asked or waited for. That a login has ended, or a
        token expired, is what the scenario did."""
        if self.may_break:
            return []
        return [
            it.frame
            for it in self.buffer.left()
            if it.frame.get("type") == CLOSED and it.frame.get("code") not in _LOGIN_ENDED
        ]

    async def flush(self, within: float) -> bool:
        """Return once all has arrived that the server had queued for this line, and it has done
        all that was sent before. False: it was not so in time, or the line is gone."""
        if not self.is_connected or self._line is None:
            return False
        answered = asyncio.Event()
        self._pings.append(answered)
        await self._line.send('{"type":"ping"}')
        try:
            async with asyncio.timeout(within):
                await answered.wait()
        except TimeoutError:
            return False
        return self.is_connected

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if self._line is not None:
                self._pings.append(asyncio.Event())
                await self._line.send('{"type":"ping"}')

    def receive(self, frame: Frame) -> None:
        """What the line does with each frame that comes through it."""
        kind = frame.get("type")
        if kind == "pong" and self._pings:
            ours = self._pings.popleft()
            if ours is not None:
                ours.set()
                return
        arrival = self.buffer.put(frame)
        # That we closed it ourselves is no event that anybody waits for.
        arrival.is_taken = kind == CLOSED and self._line is None
        if kind == CLOSED:
            self._is_lost()
        try:
            if kind == "resumed":
                self._is_resumed(frame)
            self.record.note(frame)
            self.on_frame(self, arrival)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Of a server that speaks otherwise; the line is read on, and the end tells of it.
            self.misunderstood.append(frame)

    def _is_lost(self) -> None:
        # Nobody will answer them any more.
        for waiting in self._pings:
            if waiting is not None:
                waiting.set()
        self._pings.clear()
        self.is_replaying = False
        if self._line is not None and self.on_lost is not None:
            self.on_lost()

    def _is_resumed(self, frame: Frame) -> None:
        self.is_replaying = False
        self.is_following = True
        if self.counts_from_resumed:
            # Here, since what follows it may already be on its way.
            self.counts_from_resumed = False
            self.record.begin(frame["cursors"], names_all=True)


def session_of(access_token: str) -> str | None:
    """The session that a token says it belongs to. It is the server that checks tokens."""
    try:
        payload = access_token.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["sid"])
    except (ValueError, IndexError, KeyError, TypeError):
        return None


def _is_ping(text: str) -> bool:
    try:
        frame: Any = json.loads(text)
    except ValueError:
        return False
    return isinstance(frame, dict) and frame.get("type") == "ping"

"""What a caller may say over the live line, and what it may know of it."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from uuid import UUID

from fynix_cli.client.live import LiveClient
from fynix_server.protocol.frames import NewMessage, TypingCommand
from tests.cli.live_peer import Line, Peer, first, new_message

ONE = UUID("0198c0de-0000-7000-8000-000000000001")
TYPING = TypingCommand(type="typing", conversation_id=ONE, is_typing=True)
DEADLINE_SECONDS = 15.0


class States(list[str]):
    """What is told of the line; `ask` is asked whenever something is."""

    def __init__(self) -> None:
        super().__init__()
        self.ask: Callable[[], object] = lambda: None
        self.answers: list[object] = []

    def append(self, state: str) -> None:
        super().append(state)
        self.answers.append(self.ask())


async def test_a_frame_is_said_over_the_line_that_there_is_and_else_skipped() -> None:
    heard: list[object] = []

    async def before(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 1))
        heard.append(json.loads(await line.connection.recv()))
        await line.drop()

    async def after(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 2))
        heard.append(json.loads(await line.connection.recv()))
        await line.send(new_message(ONE, 3))
        await line.stay()

    peer = Peer(before, after)
    async with peer.live() as live:
        was_said = [await live.send(TYPING)]
        was_said += await _say_upon(live, seqs={1, 2}, until=3)
        was_said.append(await live.send(TYPING))

    typing = {"type": "typing", "conversation_id": str(ONE), "is_typing": True}
    assert was_said == [False, True, True, False]
    assert heard == [typing, typing]


async def test_it_is_known_whether_the_line_is_open_and_when_the_next_try_comes() -> None:
    async def busy(line: Line) -> None:
        await line.greet()
        await line.resumed()
        # Too many frames: the client is to wait for seconds.
        await line.close(4008)

    async def restarted(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 1))
        await line.stay()

    peer = Peer(busy, restarted)
    peer.states = states = States()
    async with peer.live() as live:
        states.ask = lambda: (live.is_open, round(live.seconds_until_retry or 0))
        await first(live, 1)
        at_the_end = (live.is_open, live.seconds_until_retry)

    assert states[0] == states[2] == "connected"
    assert states.answers == [(True, 0), (False, 5), (True, 0)]
    assert at_the_end == (False, None)


async def _say_upon(live: LiveClient, seqs: set[int], until: int) -> list[bool]:
    """Type whenever one of these messages comes; whether each was said."""
    was_said = []
    async with asyncio.timeout(DEADLINE_SECONDS), aclosing(live.frames()) as frames:
        async for frame in frames:
            assert isinstance(frame, NewMessage)
            if frame.seq in seqs:
                was_said.append(await live.send(TYPING))
            if frame.seq == until:
                break
    return was_said

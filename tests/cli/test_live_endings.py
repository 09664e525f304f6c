"""The live client when a line ends for good, or must be kept: tokens, close codes, pings."""

from uuid import UUID

import pytest

from fynix_cli.client.failures import LiveStopped
from fynix_cli.client.http import HttpClient
from fynix_cli.client.live import LiveClient
from fynix_cli.client.live_socket import verdict_of_close
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from fynix_cli.errors import NotLoggedIn, Unreachable
from fynix_cli.exit_codes import ExitCode
from tests.cli.live_peer import Line, Peer, Script, first, new_message

ONE = UUID("0198c0de-0000-7000-8000-000000000001")
TWO = UUID("0198c0de-0000-7000-8000-000000000002")

NOBODY_LISTENS = "http://127.0.0.1:9"


def closing_with(code: int, reason: str = "") -> Script:
    async def script(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.close(code, reason)

    return script


async def test_an_expired_token_is_renewed_and_the_line_resumed() -> None:
    async def expiring(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 1))
        peer.tokens.save(TokenPair("access-2", "refresh-2"))
        await line.close(4001, "expired")

    async def after(line: Line) -> None:
        await line.greet()
        await line.send(new_message(ONE, 2))
        await line.stay()

    peer = Peer(expiring, after)

    async with peer.live() as live:
        frames = await first(live, 2)

    assert [frame.seq for frame in frames] == [1, 2]
    assert [line.bearer for line in peer.lines] == ["Bearer access-1", "Bearer access-2"]


async def test_a_login_that_is_refused_even_when_renewed_is_not_tried_for_ever() -> None:
    async def refusing(line: Line) -> None:
        peer.tokens.save(TokenPair(f"access-{len(peer.lines) + 1}", "refresh"))
        await line.close(4001, "no")

    peer = Peer(refusing, refusing, refusing)

    async with peer.live() as live:
        with pytest.raises(NotLoggedIn, match="fynix login"):
            await first(live, 1)

    assert len(peer.lines) == 2


@pytest.mark.parametrize(
    ("code", "error", "exit_code"),
    [
        (4003, LiveStopped, ExitCode.FAILED),
        (4012, LiveStopped, ExitCode.FAILED),
        (4013, LiveStopped, ExitCode.NOT_ALLOWED),
        (4014, NotLoggedIn, ExitCode.NOT_ALLOWED),
    ],
)
async def test_a_close_that_says_stay_away_is_obeyed(
    code: int, error: type[LiveStopped | NotLoggedIn], exit_code: ExitCode
) -> None:
    peer = Peer(closing_with(code))

    async with peer.live() as live:
        with pytest.raises(error) as caught:
            await first(live, 1)

    assert caught.value.exit_code == exit_code
    assert len(peer.lines) == 1


async def test_a_suspension_is_said_once() -> None:
    told = str(verdict_of_close(4013, "suspended"))

    assert told == "this account is suspended"


async def test_the_server_is_pinged_as_often_as_it_asked_for() -> None:
    pings: list[str | bytes] = []

    async def script(line: Line) -> None:
        await line.greet(heartbeat_seconds=1)
        await line.resumed()
        pings.append(await line.connection.recv())
        await line.send({"type": "pong"}, new_message(ONE, 1))
        await line.stay()

    async with Peer(script).live() as live:
        frames = await first(live, 1)

    assert pings == ['{"type":"ping"}']
    assert [frame.type for frame in frames] == ["new_message"]


async def test_a_server_that_was_never_there_is_not_waited_for() -> None:
    tokens = MemoryTokens(TokenPair("access", "refresh"))

    async with RestClient(HttpClient(NOBODY_LISTENS, tokens)) as rest:
        with pytest.raises(Unreachable):
            await first(LiveClient(rest), 1)

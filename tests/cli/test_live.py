"""The live client against a scripted server on a real socket: every message once, in order."""

import json
from uuid import UUID

import pytest

from fynix_cli.client.failures import LiveStopped
from fynix_cli.client.http import HttpClient
from fynix_cli.client.live import LiveClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from fynix_cli.errors import NotLoggedIn, Unreachable
from fynix_cli.exit_codes import ExitCode
from tests.cli.live_peer import Line, Peer, Script, first, new_message

ONE = UUID("0198c0de-0000-7000-8000-000000000001")
TWO = UUID("0198c0de-0000-7000-8000-000000000002")

NOBODY_LISTENS = "http://127.0.0.1:9"


def history(conversation_id: UUID, last_seq: int) -> list[dict[str, object]]:
    return [new_message(conversation_id, seq) for seq in range(1, last_seq + 1)]


def closing_with(code: int, reason: str = "") -> Script:
    async def script(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.close(code, reason)

    return script


async def test_what_was_before_is_not_shown_and_what_comes_is() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 6), new_message(ONE, 7))
        await line.stay()

    peer = Peer(script)
    peer.histories[ONE] = history(ONE, 5)

    async with peer.live() as live:
        frames = await first(live, 2)

    assert [frame.seq for frame in frames] == [6, 7]
    assert peer.lines[0].cursors == {str(ONE): 5}
    assert peer.lines[0].bearer == "Bearer access-1"


@pytest.mark.parametrize("ending", [1001, 1012, 4010, 4011, "drop"])
async def test_a_lost_line_is_opened_anew_from_where_it_stood(ending: int | str) -> None:
    async def before(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 6))
        await (line.close(ending) if isinstance(ending, int) else line.drop())

    async def after(line: Line) -> None:
        await line.greet()
        await line.send(new_message(ONE, 7), new_message(ONE, 8))
        await line.resumed()
        await line.send(new_message(ONE, 9))
        await line.stay()

    peer = Peer(before, after)
    peer.histories[ONE] = history(ONE, 5)

    async with peer.live() as live:
        frames = await first(live, 4)

    assert [frame.seq for frame in frames] == [6, 7, 8, 9]
    assert peer.lines[1].cursors == {str(ONE): 6}
    assert peer.states[0] == "connected"
    assert "trying again" in peer.states[1]


async def test_a_frame_that_comes_twice_is_given_out_once() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.send(new_message(ONE, 1), new_message(TWO, 1), new_message(ONE, 2))
        await line.resumed()
        await line.send(*(new_message(ONE, seq) for seq in (1, 2, 3)), new_message(TWO, 2))
        await line.stay()

    peer = Peer(script)

    async with peer.live() as live:
        frames = await first(live, 5)

    seen = [(frame.conversation_id, frame.seq) for frame in frames]
    assert seen == [(ONE, 1), (TWO, 1), (ONE, 2), (ONE, 3), (TWO, 2)]


async def test_a_jump_in_the_numbers_is_filled_from_the_history() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.resumed()
        peer.histories[ONE] = history(ONE, 9)
        await line.send(new_message(ONE, 6), new_message(ONE, 9))
        await line.stay()

    peer = Peer(script)
    peer.histories[ONE] = history(ONE, 5)

    async with peer.live() as live:
        frames = await first(live, 4)

    assert [frame.seq for frame in frames] == [6, 7, 8, 9]


async def test_too_much_missed_for_the_socket_is_fetched_page_by_page() -> None:
    async def before(line: Line) -> None:
        await line.greet()
        await line.resumed()
        peer.histories[ONE] = history(ONE, 1000)
        await line.drop()

    async def after(line: Line) -> None:
        await line.greet()
        await line.send(
            {
                "type": "resync_required",
                "conversation_id": str(ONE),
                "last_seq": 1000,
                "reason": "too_many_missed",
            }
        )
        await line.resumed()
        await line.send(new_message(ONE, 1000), new_message(ONE, 1001))
        await line.stay()

    peer = Peer(before, after)
    peer.histories[ONE] = history(ONE, 5)

    async with peer.live() as live:
        frames = await first(live, 996)

    assert [frame.seq for frame in frames] == list(range(6, 1002))


async def test_a_conversation_that_began_while_the_line_was_down_is_not_missed() -> None:
    async def before(line: Line) -> None:
        await line.greet()
        await line.resumed()
        peer.histories[TWO] = history(TWO, 3)
        await line.drop()

    peer = Peer(before)
    peer.histories[ONE] = history(ONE, 5)

    async with peer.live() as live:
        frames = await first(live, 3)

    assert [(frame.conversation_id, frame.seq) for frame in frames] == [
        (TWO, 1),
        (TWO, 2),
        (TWO, 3),
    ]


async def test_a_frame_of_a_kind_from_the_future_is_passed_over_but_counted() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(
            {"type": "reaction_added", "conversation_id": str(ONE), "seq": 6},
            {"type": "weather", "sky": "blue"},
            new_message(ONE, 7),
        )
        await line.drop()

    peer = Peer(script)
    peer.histories[ONE] = history(ONE, 5)

    async with peer.live() as live:
        frames = await first(live, 1)

    assert [frame.seq for frame in frames] == [7]


async def test_whoever_has_thousands_of_conversations_resumes_in_parts_that_fit() -> None:
    resumed: dict[str, int] = {}

    async def script(line: Line) -> None:
        await line.greet()
        resumed.update(line.cursors)
        await line.resumed()
        for _ in range(2):
            part = await line.connection.recv()
            assert len(part) < 64 * 1024
            resumed.update(json.loads(part)["cursors"])
            await line.resumed()
        await line.send(new_message(ONE, 6))
        await line.stay()

    peer = Peer(script)
    peer.histories[ONE] = history(ONE, 5)
    for number in range(2499):
        peer.histories[UUID(int=number)] = history(UUID(int=number), 1)

    async with peer.live() as live:
        frames = await first(live, 1)

    assert [frame.seq for frame in frames] == [6]
    assert resumed == {str(id_): len(it) for id_, it in peer.histories.items()}
    assert peer.states == ["connected"]


async def test_a_conversation_one_has_left_does_not_stop_the_rest() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.send(
            {
                "type": "error",
                "code": 4004,
                "error": "not_permitted",
                "status_code": 403,
                "detail": "Not yours.",
                "ref": "resume",
            }
        )
        await line.resumed()
        await line.send(new_message(TWO, 1))
        await line.stay()

    peer = Peer(script)
    peer.histories[ONE] = history(ONE, 5)

    async with peer.live() as live:
        frames = await first(live, 1)

    assert [frame.type for frame in frames] == ["new_message"]


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

"""The live client against a scripted server on a real socket: every message once, in order."""

from uuid import UUID

import pytest

from fynix_cli.client.cursors import Cursors
from tests.cli.live_peer import Line, Peer, first, new_message

ONE = UUID("0198c0de-0000-7000-8000-000000000001")
TWO = UUID("0198c0de-0000-7000-8000-000000000002")


def history(conversation_id: UUID, last_seq: int) -> list[dict[str, object]]:
    return [new_message(conversation_id, seq) for seq in range(1, last_seq + 1)]


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
    assert peer.lines[0].cursors == {}
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
            part = await line.read_resume()
            assert len(part) < 64 * 1024
            resumed.update(line.cursors)
            await line.resumed()
        await line.send(new_message(ONE, 6))
        await line.stay()

    peer = Peer(script)
    peer.histories[ONE] = history(ONE, 5)
    for number in range(2499):
        peer.histories[UUID(int=number)] = history(UUID(int=number), 1)

    standing = {conversation_id: len(it) for conversation_id, it in peer.histories.items()}
    async with peer.live(Cursors(standing)) as live:
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
                "ref": line.ref,
            }
        )
        await line.resumed()
        await line.send(new_message(TWO, 1))
        await line.stay()

    peer = Peer(script)

    async with peer.live(Cursors({ONE: 5})) as live:
        frames = await first(live, 1)

    assert [frame.type for frame in frames] == ["new_message"]

"""The live client where things break halfway: in a replay, in a fetch, in the history itself."""

import asyncio
import json
from contextlib import aclosing
from uuid import UUID

import pytest

from fynix_cli.client.cursors import Cursors
from tests.cli.live_peer import NOW, Line, Peer, first, new_message

ONE = UUID("0198c0de-0000-7000-8000-000000000001")
TWO = UUID("0198c0de-0000-7000-8000-000000000002")


def history(conversation_id: UUID, *seqs: int) -> list[dict[str, object]]:
    return [new_message(conversation_id, seq) for seq in seqs]


def refusal(status: int, code: str) -> tuple[int, str]:
    return status, json.dumps(
        {
            "detail": "Why not.",
            "status_code": status,
            "timestamp": NOW,
            "code": code,
            "request_id": str(ONE),
        }
    )


def resync(conversation_id: UUID, last_seq: int) -> dict[str, object]:
    return {
        "type": "resync_required",
        "conversation_id": str(conversation_id),
        "last_seq": last_seq,
        "reason": "too_many_missed",
    }


async def test_a_replay_that_is_cut_goes_on_where_it_was_cut() -> None:
    async def cut(line: Line) -> None:
        await line.greet()
        await line.send(new_message(ONE, 6), new_message(ONE, 7), new_message(TWO, 3))
        await line.drop()

    async def after(line: Line) -> None:
        await line.greet()
        await line.send(*(new_message(ONE, seq) for seq in range(8, 11)), new_message(TWO, 4))
        await line.resumed()
        await line.stay()

    peer = Peer(cut, after)

    async with peer.live(Cursors({ONE: 5, TWO: 2})) as live:
        frames = await first(live, 7)

    seen = [(frame.conversation_id, frame.seq) for frame in frames]
    assert [seq for which, seq in seen if which == ONE] == [6, 7, 8, 9, 10]
    assert [seq for which, seq in seen if which == TWO] == [3, 4]
    assert peer.lines[1].cursors == {str(ONE): 7, str(TWO): 3}
    assert peer.states.count("connected") <= 1  # half a replay is none


@pytest.mark.parametrize("trouble", [(503, ""), (0, ""), refusal(503, "unavailable")], ids=str)
async def test_a_fetch_of_missed_pages_that_breaks_off_goes_on_where_it_broke(
    trouble: tuple[int, str],
) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.send(resync(ONE, 700))
        await line.resumed()
        await line.stay()

    peer = Peer(script, script, script, script)
    peer.histories[ONE] = history(ONE, *range(1, 701))
    seen: list[int] = []

    async with (
        asyncio.timeout(30),
        peer.live(Cursors({ONE: 5})) as live,
        aclosing(live.frames()) as frames,
    ):
        async for frame in frames:
            seen.append(getattr(frame, "seq", 0))
            if len(seen) == 200:  # in the middle of the first page, so before the second
                peer.refusals = [trouble] * 4  # as often as one request is tried
            if len(seen) == 695:
                break

    assert seen == list(range(6, 701))
    assert [line.cursors[str(ONE)] for line in peer.lines] == [5, 305]


async def test_a_proxy_that_finds_nobody_is_not_taken_for_a_conversation_that_is_gone() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 9))
        await line.stay()

    peer = Peer(script, script)
    peer.histories[ONE] = history(ONE, *range(1, 10))
    peer.refusals = [(404, "<h1>no such host</h1>")]

    async with peer.live(Cursors({ONE: 5})) as live:
        frames = await first(live, 4)

    assert [frame.seq for frame in frames] == [6, 7, 8, 9]


@pytest.mark.parametrize(
    ("status", "code"), [(403, "not_a_participant"), (404, "conversation_not_found")]
)
async def test_what_may_not_be_read_any_more_is_left_out_and_the_rest_goes_on(
    status: int, code: str
) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.send(resync(ONE, 700))
        await line.resumed()
        await line.send(new_message(TWO, 1))
        await line.stay()

    peer = Peer(script)
    peer.refusals = [refusal(status, code)]

    async with peer.live(Cursors({ONE: 5})) as live:
        frames = await first(live, 1)

    assert [(frame.conversation_id, frame.seq) for frame in frames] == [(TWO, 1)]
    assert len(peer.lines) == 1


async def test_after_an_older_backup_was_restored_the_numbers_that_come_anew_are_news() -> None:
    async def before(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(*history(ONE, 6, 7, 8))
        await line.close(1012)

    async def restored(line: Line) -> None:
        # It ended at 6 when it was resumed; 7 came live before the resume was over.
        peer.histories[ONE] = history(ONE, *range(1, 8))
        await line.greet()
        await line.send(new_message(ONE, 7))
        await line.resumed(**{str(ONE): 6})
        await line.send(new_message(ONE, 8), new_message(ONE, 9))
        await line.stay()

    peer = Peer(before, restored)
    cursors = Cursors({ONE: 5})

    async with peer.live(cursors) as live:
        frames = await first(live, 6)

    assert [frame.seq for frame in frames] == [6, 7, 8, 7, 8, 9]
    assert [state for state in peer.states if "backup" in state]


async def test_a_live_frame_before_the_end_of_a_resume_is_no_sign_of_a_restored_backup() -> None:
    async def script(line: Line) -> None:
        peer.histories[ONE] = history(ONE, *range(1, 7))
        await line.greet()
        await line.send(new_message(ONE, 6))
        await line.resumed(**{str(ONE): 5})  # so far went the replay
        await line.send(new_message(ONE, 7))
        await line.stay()

    peer = Peer(script)

    async with peer.live(Cursors({ONE: 5})) as live:
        frames = await first(live, 2)

    assert [frame.seq for frame in frames] == [6, 7]
    assert peer.states == ["connected"]


async def test_a_conversation_that_the_list_of_cursors_does_not_name_began_meanwhile() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        peer.histories[TWO] = history(TWO, 4, 5)  # they joined it at 4
        await line.resumed()
        await line.send(new_message(TWO, 6))
        await line.stay()

    peer = Peer(script)

    async with peer.live(Cursors({ONE: 5})) as live:
        frames = await first(live, 3)

    assert [(frame.conversation_id, frame.seq) for frame in frames] == [
        (TWO, 4),
        (TWO, 5),
        (TWO, 6),
    ]


async def test_a_conversation_of_which_nothing_is_known_yet_begins_now() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        assert line.cursors == {}
        await line.resumed()
        await line.read_resume()
        await line.send(new_message(TWO, 10), new_message(ONE, 6))
        await line.resumed()
        await line.stay()

    peer = Peer(script)
    peer.histories = {ONE: history(ONE, 5, 6), TWO: history(TWO, *range(1, 10))}

    async with peer.live(Cursors({ONE: 5}, names_all=False)) as live:
        frames = await first(live, 2)

    assert [(frame.conversation_id, frame.seq) for frame in frames] == [(TWO, 10), (ONE, 6)]


async def test_something_that_stands_in_for_a_server_while_it_restarts_is_waited_for() -> None:
    async def before(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 1))
        await line.drop()

    async def stand_in(line: Line) -> None:
        await line.send({"type": "pong"})
        await line.stay()

    async def after(line: Line) -> None:
        await line.greet()
        await line.send(new_message(ONE, 2))
        await line.stay()

    peer = Peer(before, stand_in, after)

    async with peer.live() as live:
        frames = await first(live, 2)

    assert [frame.seq for frame in frames] == [1, 2]


async def test_a_frame_counts_as_given_out_when_the_next_one_is_asked_for() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 6), new_message(ONE, 7))
        await line.stay()

    cursors = Cursors({ONE: 5})
    stood = []

    async with Peer(script).live(cursors) as live, aclosing(live.frames()) as frames:
        async for frame in frames:
            stood.append(cursors.at(ONE))
            if getattr(frame, "seq", 0) == 7:
                break

    assert stood == [5, 6]
    assert cursors.at(ONE) == 6

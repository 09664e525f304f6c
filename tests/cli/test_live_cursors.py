"""Cursors that outlive their client: kept in a file, by one client at a time, whole or not."""

import asyncio
import json
import stat
from contextlib import aclosing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fynix_cli.client import cursors as cursors_module
from fynix_cli.client.cursor_file import CursorFile, Owner, held_cursor_file
from fynix_cli.client.cursors import Cursors
from fynix_cli.client.live import LiveClient
from fynix_cli.errors import CommandError
from tests.cli.live_peer import Line, Peer, first, new_message

ONE = UUID("0198c0de-0000-7000-8000-000000000001")
TWO = UUID("0198c0de-0000-7000-8000-000000000002")
BOB = Owner("http://127.0.0.1:8000", "0198c0de-0000-7000-8000-00000000000b")
WHOLE = {"version": 1, "server": BOB.server, "user_id": BOB.user_id, "cursors": {str(ONE): 7}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bob.cursors"


def test_what_is_saved_is_what_is_loaded_and_nobody_elses_to_read(path: Path) -> None:
    with held_cursor_file(path, BOB) as file:
        missing = file.load()
        file.save({ONE: 7, TWO: 0})
        loaded = file.load()

    assert missing is None
    assert loaded == {ONE: 7, TWO: 0}
    assert json.loads(path.read_text())["cursors"] == {str(ONE): 7, str(TWO): 0}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {it.name for it in path.parent.iterdir()} == {path.name, path.name + ".lock"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[1]", "damaged"),
        (b'"version"', "damaged"),
        (b'{"version": 1}', "damaged"),
        (json.dumps({**WHOLE, "cursors": {str(ONE): -1}}).encode(), "damaged"),
        (json.dumps({**WHOLE, "cursors": {"bob": 1}}).encode(), "damaged"),
        (json.dumps({**WHOLE, "version": 2}).encode(), "version 2"),
        (json.dumps({**WHOLE, "server": "http://elsewhere:8000"}).encode(), "http://elsewhere"),
        (json.dumps({**WHOLE, "user_id": str(ONE)}).encode(), "another person"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_file_that_cannot_be_gone_on_from_is_refused_and_left_alone(
    path: Path, content: bytes, told: str
) -> None:
    path.write_bytes(content)

    with pytest.raises(CommandError, match=told) as caught, held_cursor_file(path, BOB) as file:
        file.load()

    assert caught.value.hint
    assert path.read_bytes() == content


@pytest.mark.parametrize("place", ["none/bob.cursors", "file/bob.cursors"])
def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(CommandError, match="cannot write"),
        held_cursor_file(tmp_path / place, BOB),
    ):
        pass


def test_a_folder_in_place_of_the_file_is_told(path: Path) -> None:
    path.mkdir()

    with pytest.raises(CommandError, match="cannot read"), held_cursor_file(path, BOB) as file:
        file.load()


def test_a_save_that_fails_leaves_the_older_one_and_nothing_beside_it(path: Path) -> None:
    with held_cursor_file(path, BOB) as file:
        file.save({ONE: 7})
        path.unlink()
        path.mkdir()

        with pytest.raises(CommandError, match="cannot write"):
            file.save({ONE: 8})

    assert {it.name for it in path.parent.iterdir()} == {path.name, path.name + ".lock"}


def test_a_second_client_is_refused_while_the_first_one_lives(path: Path) -> None:
    with (
        held_cursor_file(path, BOB),
        pytest.raises(CommandError, match="in use"),
        held_cursor_file(path, BOB),
    ):
        pass

    with held_cursor_file(path, BOB) as file:
        assert file.load() is None


def test_a_link_is_followed_and_stays_a_link(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real.cursors"
    real.parent.mkdir()
    path.symlink_to(real)

    with held_cursor_file(path, BOB) as file:
        file.save({ONE: 7})

    assert path.is_symlink()
    assert json.loads(real.read_text())["cursors"] == {str(ONE): 7}


async def test_when_frames_pause_the_cursors_are_kept_without_waiting_for_the_next() -> None:
    kept: list[dict[UUID, int]] = []
    is_kept = asyncio.Event()

    def keep(seqs: Any) -> None:
        kept.append(dict(seqs))
        if seqs.get(ONE) == 8:
            is_kept.set()

    async def script(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(*(new_message(ONE, seq) for seq in (6, 7, 8)))
        await line.stay()

    async with Peer(script).live(Cursors({ONE: 5}, keep)) as live:
        reading = asyncio.create_task(first(live, 4, deadline_seconds=60))
        await asyncio.wait_for(is_kept.wait(), 15)
        reading.cancel()
        await asyncio.wait([reading])

    assert kept[-1] == {ONE: 8}


@pytest.mark.parametrize("seconds", [0.0001, 0.0003, 0.001])
async def test_a_cancellation_is_never_taken_for_a_pause(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(cursors_module, "KEEP_EVERY_SECONDS", seconds)

    async def script(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(*(new_message(ONE, seq) for seq in range(1, 11)))
        await line.stay()

    async def read_until_interrupted(live: LiveClient) -> None:
        this = asyncio.current_task()
        assert this is not None
        async with aclosing(live.frames()) as frames:
            async for frame in frames:
                if getattr(frame, "seq", 0) == 10:
                    this.cancel()  # as a Ctrl-C does while the frame is being printed

    for _ in range(20):
        async with Peer(script).live(Cursors({ONE: 0}, lambda seqs: None)) as live:
            reading = asyncio.create_task(read_until_interrupted(live))
            done, _ = await asyncio.wait([reading], timeout=15)
            reading.cancel()
            await asyncio.wait([reading])
            assert done, "it went on reading"


def test_under_load_they_are_not_kept_with_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursors_module, "KEEP_EVERY_SECONDS", 3600.0)
    kept: list[int] = []
    cursors = Cursors({ONE: 0}, lambda seqs: kept.append(seqs[ONE]))
    cursors.keep()

    for seq in range(1, 1001):
        cursors.move(ONE, seq)
    cursors.keep()
    cursors.keep()

    assert kept == [0, 1000]


def test_nothing_is_kept_before_it_is_known_where_every_conversation_stands() -> None:
    kept: list[dict[UUID, int]] = []
    cursors = Cursors(None, lambda seqs: kept.append(dict(seqs)))

    cursors.move(ONE, 3)
    cursors.keep()
    before = list(kept)
    cursors.begin({ONE: 2, TWO: 9})

    assert before == []
    assert kept == [{ONE: 3, TWO: 9}]


async def test_a_client_of_the_same_file_goes_on_where_the_last_one_stopped(path: Path) -> None:
    async def earlier(line: Line) -> None:
        await line.greet()
        await line.resumed()
        await line.send(new_message(ONE, 6), new_message(ONE, 7))
        await line.stay()

    async def later(line: Line) -> None:
        await line.greet()
        await line.send(new_message(ONE, 7), new_message(ONE, 8))
        await line.resumed()
        await line.stay()

    peer = Peer(earlier, later)
    peer.histories[ONE] = [new_message(ONE, seq) for seq in range(1, 6)]
    seen = []
    for _ in range(2):
        with held_cursor_file(path, BOB) as file:
            cursors = Cursors(file.load(), file.save)
            async with peer.live(cursors) as live, aclosing(live.frames()) as frames:
                async for frame in frames:
                    seen.append(getattr(frame, "seq", 0))
                    if len(seen) in {2, 4}:
                        break
            cursors.keep()

    # It broke off while it was given 7: which therefore comes again.
    assert seen == [6, 7, 7, 8]
    assert peer.lines[1].cursors == {str(ONE): 6}


def test_a_file_is_made_by_its_owner_alone(path: Path) -> None:
    CursorFile(path, BOB).save({ONE: 1})

    with pytest.raises(CommandError, match="another person"):
        CursorFile(path, Owner(BOB.server, str(TWO))).load()

"""Tails whose line, or who themselves, are ended again and again: each message once, in order."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from uuid import UUID

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.line_proxy import Proxy
from tests.end_to_end.server_process import environment, fynix
from tests.end_to_end.tail_process import TailProcess
from tests.end_to_end.two_servers import Member, Stored, TwoServers
from tests.faults.proxy import proxies
from tests.people import PASSWORD

pytestmark = pytest.mark.timeout(240)

CONNECTED = "fynix tail: connected"
MESSAGES_EACH = 120
PACE_SECONDS = 0.1
"""So that the sending lasts as long as a good many cuts."""


class Company:
    """Bob, who watches, and three who write: to him and to a group, each by another server."""

    def __init__(self, bob: Member, writers: list[Member], rooms: list[list[UUID]]) -> None:
        self.bob = bob
        self._writers = writers
        self._rooms = rooms

    @classmethod
    async def meet(cls, two: TwoServers) -> "Company":
        urls = [it.url for it in two.servers]
        bob = await Member.register(urls[0], "bob")
        writers = [
            await Member.register(urls[number % 2], name)
            for number, name in enumerate(("alice", "carol", "dave"))
        ]
        group = await writers[0].make_group("everybody", bob, *writers[1:])
        rooms = [[(await it.rest.open_dm(bob.user_id)).id, group] for it in writers]
        return cls(bob, writers, rooms)

    async def write(self) -> list[Stored]:
        """All of them at once; what was acknowledged, by conversation and number."""
        everything = await asyncio.gather(
            *(
                self._write(writer, rooms)
                for writer, rooms in zip(self._writers, self._rooms, strict=True)
            )
        )
        return sorted(stored for mine in everything for stored in mine)

    async def _write(self, writer: Member, rooms: list[UUID]) -> list[Stored]:
        sent = []
        for number in range(MESSAGES_EACH):
            room = rooms[number % len(rooms)]
            sent.append(await writer.send(room, f"{writer.name} {number}"))
            await asyncio.sleep(PACE_SECONDS)
        return sent

    async def close(self) -> None:
        for member in (self.bob, *self._writers):
            await member.rest.http.close()


@pytest.fixture
async def company(two: TwoServers) -> AsyncIterator[Company]:
    company = await Company.meet(two)
    yield company
    await company.close()


async def logged_in(folder: Path, url: str) -> dict[str, str]:
    """The environment of a machine where bob has logged in to `url`."""
    env = environment(folder, FYNIX_PASSWORD=PASSWORD)
    done = await fynix(env, "login", "bob", "--server", url)
    assert done.code == ExitCode.OK, done.err
    return env


def in_order(printed: Iterable[Stored]) -> dict[UUID, list[int]]:
    """The numbers of each conversation, as they were printed."""
    numbers: dict[UUID, list[int]] = {}
    for conversation_id, seq, _ in printed:
        numbers.setdefault(conversation_id, []).append(seq)
    return numbers


async def cut_every_second(
    proxy: Proxy, tail: TailProcess, while_running: "asyncio.Task[list[Stored]]"
) -> int:
    """Cut whatever line there is; how often it was that of a tail which was connected."""
    cuts = 0
    while not while_running.done():
        await asyncio.wait([while_running], timeout=1.0)
        said = len(tail.said)
        was_connected = tail.said[-1] == CONNECTED
        proxy.cut()
        if was_connected:
            cuts += 1
            await tail.until(lambda said=said: len(tail.said) > said)  # type: ignore[misc]
    return cuts


async def test_a_tail_whose_line_is_cut_every_second_prints_what_an_uncut_one_prints(
    two: TwoServers, company: Company, tmp_path: Path
) -> None:
    async with proxies(two.ports) as [proxy]:
        cut_env = await logged_in(tmp_path / "cut", f"http://127.0.0.1:{proxy.port}")
        whole_env = await logged_in(tmp_path / "whole", two.servers[1].url)
        cut_file, whole_file = str(tmp_path / "cut.cursors"), str(tmp_path / "whole.cursors")
        async with (
            TailProcess.running(cut_env, "--cursor-file", cut_file) as cut,
            TailProcess.running(whole_env, "--cursor-file", whole_file) as whole,
        ):
            writing = asyncio.create_task(company.write())
            cuts = await cut_every_second(proxy, cut, writing)
            sent = await writing
            for tail in (cut, whole):
                await tail.until(lambda tail=tail: len(tail.printed) >= len(sent))  # type: ignore[misc]
                assert await tail.end(signal.SIGINT) == ExitCode.INTERRUPTED

    assert cuts >= 3
    assert len([line for line in cut.said if "trying again" in line]) >= cuts
    assert whole.said == [CONNECTED]
    assert sorted(cut.printed) == sorted(whole.printed) == sent
    assert in_order(cut.printed) == in_order(whole.printed) == in_order(sent)


async def test_a_tail_that_is_ended_and_begun_again_prints_each_message_once(
    two: TwoServers, company: Company, tmp_path: Path
) -> None:
    env = await logged_in(tmp_path / "bob", two.servers[0].url)
    arguments = ("--cursor-file", str(tmp_path / "bob.cursors"))
    printed: list[Stored] = []
    runs = 0
    writing: asyncio.Task[list[Stored]] | None = None
    while writing is None or not writing.done():
        async with TailProcess.running(env, *arguments) as tail:
            writing = writing or asyncio.create_task(company.write())
            await tail.until(lambda tail=tail: len(tail.printed) >= 20)  # type: ignore[misc]
            assert await tail.end(signal.SIGINT) == ExitCode.INTERRUPTED
        printed += tail.printed
        runs += 1
        if len(printed) > MESSAGES_EACH * 3 - 60:
            break
    sent = await writing
    async with TailProcess.running(env, *arguments) as tail:
        await tail.until(lambda: len(printed) + len(tail.printed) >= len(sent))
        await tail.end(signal.SIGINT)
    printed += tail.printed

    assert runs >= 3
    assert sorted(printed) == sent
    assert in_order(printed) == in_order(sent)


async def test_a_tail_that_is_killed_misses_nothing_and_repeats_only_its_last_lines(
    two: TwoServers, company: Company, tmp_path: Path
) -> None:
    env = await logged_in(tmp_path / "bob", two.servers[0].url)
    arguments = ("--cursor-file", str(tmp_path / "bob.cursors"))
    async with TailProcess.running(env, *arguments) as killed:
        writing = asyncio.create_task(company.write())
        await killed.until(lambda: len(killed.printed) >= 60)
        await killed.end(signal.SIGKILL)
    sent = await writing

    async with TailProcess.running(env, *arguments) as after:
        await after.until(lambda: set(killed.printed + after.printed) >= set(sent))
        await after.end(signal.SIGINT)

    counts = Counter(killed.printed + after.printed)
    repeated = [it for it in killed.printed if counts[it] > 1]
    assert sorted(counts) == sent
    assert set(counts.values()) <= {1, 2}
    assert repeated == killed.printed[len(killed.printed) - len(repeated) :]
    assert in_order(after.printed) == {
        room: sorted(seqs) for room, seqs in in_order(after.printed).items()
    }

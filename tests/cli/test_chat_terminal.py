"""The real `fynix chat` in a terminal of its own: what it draws, and what it leaves behind."""

import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.conftest import logged_in
from tests.cli.pseudo_terminal import ENTER_SCREEN, LEAVE_SCREEN, in_pty
from tests.cli.terminal import Terminal
from tests.faults.proxy import proxies
from tests.people import Api

pytestmark = [
    pytest.mark.parametrize("stack", ["embedded"], indirect=True),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals"),
]
SHOW_CURSOR, REPORT_NO_FOCUS, PASTE_PLAINLY = b"\x1b[?25h", b"\x1b[?1004l", b"\x1b[?2004l"


@pytest.fixture
async def terminal(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """A terminal of a machine where bob and then alice have logged in."""
    async with logged_in(api, tmp_path, monkeypatch, ("bob", "alice")) as terminal:
        yield terminal


@pytest.mark.parametrize("key", [b"\x11", b"\x03"], ids=["ctrl+q", "ctrl+c"])
async def test_it_draws_and_after_quitting_the_terminal_is_as_it_was(
    terminal: Terminal, key: bytes
) -> None:
    await terminal.run("send", "alice", "hello alice", "--as", "bob")

    async with in_pty("chat", "bob") as pty:
        await pty.shows(b"hello alice")
        pty.type(key)
        code = await pty.exit_code()

    drawn, _, after = pty.out.partition(LEAVE_SCREEN)
    assert code == ExitCode.OK
    assert drawn.count(ENTER_SCREEN) == 1
    assert pty.out.rfind(SHOW_CURSOR) > pty.out.rfind(b"\x1b[?25l")
    for ending in (REPORT_NO_FOCUS, PASTE_PLAINLY):
        assert ending in pty.out
    assert b"Traceback" not in after


async def test_told_to_end_by_another_process_it_leaves_in_order(terminal: Terminal) -> None:
    async with in_pty("chat") as pty:
        await pty.shows(b"connected")
        pty.process.send_signal(signal.SIGTERM)
        code = await pty.exit_code()

    assert code == ExitCode.INTERRUPTED
    assert b"Traceback" not in pty.out


async def test_a_login_that_ends_is_told_on_the_restored_terminal_with_its_exit_code(
    terminal: Terminal,
) -> None:
    async with in_pty("chat") as pty:
        await pty.shows(b"connected")
        await terminal.run("logout")
        code = await pty.exit_code()
        await pty.shows(b"fynix: ")

    after = pty.out.rpartition(LEAVE_SCREEN)[2]
    assert code == ExitCode.NOT_ALLOWED
    assert b"fynix login" in after
    assert b"Traceback" not in after


async def test_what_was_not_sent_is_told_at_the_end(api: Api, terminal: Terminal) -> None:
    port = urlsplit(api.url).port or 0
    async with proxies([port]) as (proxy,):
        there = f"http://127.0.0.1:{proxy.port}"
        await terminal.run("login", "carol", "--register", "--server", there)
        async with in_pty("chat", "bob", "--as", "carol", "--server", there) as pty:
            await pty.shows(b"connected")
            proxy.stall()
            pty.type(b"important\r")
            await pty.shows(b"important")
            pty.type(b"\x11")
            code = await pty.exit_code()
            await pty.shows(b"not sent to bob: important")

    assert code == ExitCode.OK


async def test_an_encoding_without_our_signs_gets_others_of_the_same_width(
    terminal: Terminal,
) -> None:
    await terminal.run("send", "bob", "日本 é ✓", "--as", "alice")

    async with in_pty("chat", "bob", PYTHONIOENCODING="ascii") as pty:
        await pty.shows(b"???? ? +")
        await pty.shows(b"* ")
        pty.type(b"\x11")
        await pty.exit_code()

    assert pty.out.isascii()
    assert b"\\u" not in pty.out
    assert b"----" in pty.out


async def test_no_color_is_respected(terminal: Terminal) -> None:
    await terminal.run("send", "alice", "hello alice", "--as", "bob")

    async with in_pty("chat", "bob", NO_COLOR="1") as pty:
        await pty.shows(b"hello alice")
        await pty.shows(b"connected")
        pty.type(b"\x11")
        await pty.exit_code()

    colours = re.findall(rb"\x1b\[[\d;]*m", pty.out)
    assert colours
    assert not [it for it in colours if re.search(rb"[\[;](3[0-8]|4[0-8]|9[0-7])", it)]


async def test_nobody_and_no_terminal_are_told_without_a_screen(terminal: Terminal) -> None:
    async with in_pty("chat", "nobody-here") as pty:
        await pty.shows(b"there is nobody called nobody-here")
        code = await pty.process.wait()

    piped = await terminal.run("chat", "bob", expect=ExitCode.USAGE)
    assert code == ExitCode.NOT_FOUND
    assert ENTER_SCREEN not in pty.out
    assert "fynix send" in piped.err
    assert piped.out == ""


async def test_a_terminal_that_only_prints_lines_is_told_what_to_use(terminal: Terminal) -> None:
    async with in_pty("chat", "bob", TERM="dumb") as pty:
        await pty.shows(b"TERM is dumb; without one, use: fynix send")
        code = await pty.process.wait()

    assert code == ExitCode.USAGE
    assert ENTER_SCREEN not in pty.out


async def test_no_text_of_others_reaches_the_terminal_as_a_command(terminal: Terminal) -> None:
    await terminal.run("send", "alice", "\x1b]0;owned\x07\x1b[6n \x9b5n end.", "--as", "bob")

    async with in_pty("chat", "bob") as pty:
        await pty.shows(b"end.")
        pty.type(b"\x11")
        await pty.exit_code()

    assert b"\x1b]0;" not in pty.out
    assert b"\x1b[6n" not in pty.out
    assert "\x9b".encode() not in pty.out

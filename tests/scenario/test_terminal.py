"""`fynix scenario run` at a terminal: who says what, step by step, and a server to look at."""

import re
import sys
from pathlib import Path

import httpx
import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.pseudo_terminal import in_pty
from tests.scenario.writing import scenario

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
TALK = """
- alice.dm: {with: bob, save: dm}
- alice.send: {in: $dm, text: "hello [bold]\\e]0;gotcha\\a"}
- bob.expect: new_message
"""


def lines(out: bytes) -> list[str]:
    return ESCAPES.sub("", out.decode()).replace("\r", "").splitlines()


async def test_people_are_shown_in_columns_as_they_talk(tmp_path: Path) -> None:
    async with in_pty("scenario", "run", str(scenario(tmp_path, TALK))) as pty:
        code = await pty.exit_code()

    shown = lines(pty.out)
    assert code == ExitCode.OK
    assert shown[0] == "a"
    assert re.fullmatch(r"alice +bob", shown[1])
    assert any(it.startswith("→ 201 ") for it in shown)
    assert any(it.startswith('send "hello [bold]␛]0;gotcha␇"') for it in shown)
    (heard,) = (it for it in shown if "alice: hello" in it and it.startswith(" " * 38))
    assert heard.strip() == "← 2 alice: hello [bold]␛]0;gotcha␇"
    assert all(len(it) <= 80 for it in shown[:-2])
    assert b"\x1b]0;" not in pty.out


async def test_no_colours_where_none_are_wanted(tmp_path: Path) -> None:
    file = scenario(tmp_path, TALK)

    async with in_pty("scenario", "run", str(file), NO_COLOR="1") as pty:
        await pty.exit_code()

    assert not re.search(rb"\x1b\[[0-9;]*3[0-9]m", pty.out)


async def test_a_scenario_can_be_walked_through_step_by_step(tmp_path: Path) -> None:
    file = scenario(tmp_path, "- log: the first\n- log: the second\n")

    async with in_pty("scenario", "run", str(file), "--step") as pty:
        await pty.shows(b"5: log  (Enter goes on)")
        assert b"the first" not in pty.out
        pty.type(b"\n")
        await pty.shows(b"6: log  (Enter goes on)")
        assert b"the first" in pty.out
        assert b"the second" not in pty.out
        pty.type(b"\n")
        code = await pty.exit_code()

    assert code == ExitCode.OK


async def test_a_server_can_be_kept_to_look_at(tmp_path: Path) -> None:
    file = scenario(tmp_path, "- alice.expect: {event: typing, within: 100ms}\n")

    async with in_pty("scenario", "run", str(file), "--keep") as pty:
        await pty.shows(b"(Enter ends it)")
        found = re.search(rb"the server is kept at (http://[0-9.:]+)", pty.out)
        assert found is not None
        async with httpx.AsyncClient(base_url=found[1].decode(), trust_env=False) as client:
            assert (await client.get("/readyz")).status_code == 200
        pty.type(b"\n")
        code = await pty.exit_code()

    assert code == ExitCode.ASSERTIONS_FAILED

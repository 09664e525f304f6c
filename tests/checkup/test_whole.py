"""`fynix doctor` as a whole: what it prints, in which order, and how it exits."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from fynix_cli.checkup.examination import CHECKS
from fynix_cli.commands.doctor import Part
from fynix_cli.doctoring import DATA
from fynix_cli.exit_codes import ExitCode
from fynix_cli.stack.process import free_port
from fynix_server.settings import Settings
from tests.cli.conftest import point_at
from tests.cli.terminal import Answer, Terminal
from tests.contracts import ROOT
from tests.end_to_end.server_process import DEADLINE_SECONDS, MAIN

OPERATIONS = (ROOT / "docs/operations.md").read_text()


@pytest.fixture
def whole(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    """A terminal whose environment is all that a server needs."""
    point_at(settings, monkeypatch)
    assert settings.jwt_secret_key is not None
    monkeypatch.setenv("JWT_SECRET_KEY", settings.jwt_secret_key.get_secret_value())
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("FYNIX_PORT", str(free_port()))
    monkeypatch.setenv("FYNIX_CONFIG_DIR", str(tmp_path / "config"))
    return Terminal(dict(os.environ))


def states(answer: Answer) -> dict[tuple[str, str], str]:
    return {(it["part"], it["name"]): it["state"] for it in json.loads(answer.out)}


def test_every_part_can_be_chosen_and_is_in_operations() -> None:
    section = OPERATIONS.split("## Checking everything")[1].split("\n## ")[0]

    assert [it.value for it in Part] == [*CHECKS, DATA]
    assert all(f"| `{it.value}` |" in section for it in Part)


async def test_where_all_is_well_every_line_is_ok_and_it_exits_with_0(whole: Terminal) -> None:
    answer = await whole.run("doctor", "-o", "json")

    found = states(answer)
    assert set(found.values()) == {"ok"}
    assert list(dict.fromkeys(part for part, _ in found)) == [it.value for it in Part]
    assert answer.err == f"{len(found)} ok\n"


@pytest.mark.parametrize("stack", ["embedded"])
async def test_looking_changes_no_file(whole: Terminal, settings: Settings) -> None:
    def contents() -> dict[str, bytes]:
        return {it.name: it.read_bytes() for it in settings.data_dir.iterdir() if it.is_file()}

    before = contents()
    await whole.run("doctor")

    assert contents() == before


async def test_warnings_alone_exit_with_0(whole: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FYNIX_PROT", "1")

    answer = await whole.run("doctor", "--only", "config")

    (line,) = [it for it in answer.out.splitlines() if "FYNIX_PROT" in it]
    assert line.split("\t")[2:] == [
        "warning",
        "there is no such setting, so it does nothing",
        "did you mean FYNIX_PORT?",
    ]
    assert "1 warning" in answer.err


async def test_one_part_alone_is_looked_at_where_one_asks_for_it(whole: Terminal) -> None:
    answer = await whole.run("doctor", "--only", "redis", "--only", "clock", "-o", "json")

    assert {part for part, _ in states(answer)} == {"redis", "clock"}


async def test_a_database_that_is_away_hides_nothing_else_and_exits_with_7(
    whole: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://fynix@127.0.0.1:9/fynix")

    answer = await whole.run("doctor", "-o", "json", expect=ExitCode.UNREACHABLE)

    found = states(answer)
    assert found["database", "answers"] == "failed"
    assert found["migrations", "schema"] == "skipped"
    assert found["clock", "database"] == "skipped"
    assert found["data", "invariants"] == "skipped"
    assert found["redis", "answers"] == found["ports", "listen"] == "ok"


async def test_settings_that_cannot_be_used_hide_nothing_else_and_exit_with_1(
    whole: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_SECRET_KEY", "short")
    monkeypatch.setenv("FYNIX_WS_OUTBOX_FRAMES", "-3")

    answer = await whole.run("doctor", "-o", "json", expect=ExitCode.FAILED)

    found = states(answer)
    failed = {name for (_, name), state in found.items() if state == "failed"}
    assert failed == {"JWT_SECRET_KEY", "FYNIX_WS_OUTBOX_FRAMES"}
    assert found["data", "message_count"] == "ok"


async def test_json_lines_come_one_a_check(whole: Terminal) -> None:
    answer = await whole.run("doctor", "--only", "ports", "-o", "jsonl")

    (line,) = answer.out.splitlines()
    assert json.loads(line) == {
        "part": "ports",
        "name": "listen",
        "state": "ok",
        "found": f"127.0.0.1:{os.environ['FYNIX_PORT']} is free",
        "mend": None,
    }


@pytest.mark.parametrize("stack", ["embedded"])
async def test_on_a_terminal_parts_are_headed_and_the_mend_stands_below(
    whole: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FYNIX_PROT", "1")
    monkeypatch.setenv("TERM", "xterm")
    screen, keyboard = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *MAIN, "doctor", "--only", "config", stdout=keyboard, stderr=asyncio.subprocess.PIPE
    )
    os.close(keyboard)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await process.communicate()
    shown = os.read(screen, 65536).decode()
    os.close(screen)

    assert process.returncode == ExitCode.OK
    assert "config" in shown.splitlines()[0]
    assert "\x1b[33mwarning" in shown
    assert "→ did you mean FYNIX_PORT?" in shown

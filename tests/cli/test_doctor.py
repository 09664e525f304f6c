"""`fynix doctor` and the data: what it finds broken, and what it mends."""

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from fynix_cli.exit_codes import ExitCode
from fynix_server.maintenance.doctor.examination import INVARIANTS, examine
from fynix_server.maintenance.schema import upgrade
from fynix_server.settings import Settings, load_settings
from fynix_server.tables import Conversation
from tests.cli.conftest import point_at
from tests.cli.terminal import DEADLINE_SECONDS, Answer, Terminal
from tests.contracts import ROOT
from tests.maintenance.breaking import Break, break_by_hand, damage_index
from tests.maintenance.conftest import contents
from tests.people import Api

OPERATIONS = (ROOT / "docs/operations.md").read_text()
DATA = ("--only", "data")
NAMES = [it.name for it in INVARIANTS]
HIGH = Break(
    "message_count",
    "too high",
    [update(Conversation).values(message_count=Conversation.message_count + 1)],
)
HOLE = Break(
    "numbers_whole",
    "past the end",
    [update(Conversation).values(last_seq=Conversation.last_seq + 1)],
)


@pytest.fixture
async def dm(api: Api) -> str:
    """A conversation on the terminal's database, with a message in it."""
    alice, bob = await api.people("alice", "bob")
    conversation_id = await alice.dm(bob)
    await alice.send(conversation_id, "only for bob")
    return conversation_id


def test_the_operators_page_lists_every_invariant_and_whether_it_is_mended() -> None:
    section = OPERATIONS.split("## Checking the database")[1].split("\n## ")[0]

    listed = re.findall(r"^\| `(\w+)` \|.+\| (yes)? ?\|$", section, re.MULTILINE)

    assert listed == [(it.name, "yes" if it.mend else "") for it in INVARIANTS]


def found(answer: Answer) -> dict[str, dict[str, Any]]:
    """What was printed as JSON of the data, by name."""
    return {it["name"]: it for it in json.loads(answer.out) if it["part"] == "data"}


def data_lines(answer: Answer) -> list[list[str]]:
    """The cells of each line about the data, its part left out."""
    lines = [line.split("\t") for line in answer.out.splitlines()]
    return [line[1:] for line in lines if line[0] == "data"]


async def test_of_a_sound_database_it_prints_a_line_for_each_invariant(
    local: Terminal, dm: str
) -> None:
    answer = await local.run("doctor", *DATA)

    lines = data_lines(answer)
    assert [line[0] for line in lines] == NAMES
    assert {line[1] for line in lines} == {"ok"}
    # The bar is for terminals.
    assert re.fullmatch(r"\d+ ok\n", answer.err)


async def test_as_json_lines_each_says_what_must_hold(local: Terminal, dm: str) -> None:
    answer = await local.run("doctor", *DATA, "-o", "jsonl")

    rows = [json.loads(line) for line in answer.out.splitlines()]
    data = [it for it in rows if it["part"] == "data"]
    assert [it["name"] for it in data] == NAMES
    own = {"checked", "broken", "examples", "holds", "is_mendable"}
    assert set(data[0]) == {"part", "name", "state", "found", "mend"} | own
    assert all(it["holds"] for it in data)


async def test_what_is_broken_is_exit_code_1_with_ids_advice_and_no_content(
    local: Terminal, settings: Settings, dm: str
) -> None:
    await break_by_hand(settings, HIGH)

    answer = await local.run("doctor", *DATA, expect=ExitCode.FAILED)

    (line,) = [it for it in data_lines(answer) if it[0] == "message_count"]
    assert line[1] == "failed"
    assert line[2].startswith("1 of 1 broken; ")
    assert line[2].endswith(f": conversation_id={dm}")
    assert "fynix doctor --fix" in line[3]
    assert "only for bob" not in answer.out + answer.err


async def test_it_mends_with_yes_and_is_content_from_then_on(
    local: Terminal, settings: Settings, dm: str
) -> None:
    await break_by_hand(settings, HIGH)

    answer = await local.run("doctor", *DATA, "--fix", "--yes", "-o", "json")
    again = await local.run("doctor", *DATA, "--fix", "--yes", "-o", "json")

    first, second = found(answer)["message_count"], found(again)["message_count"]
    assert (first["broken"], first["mended"]) == (0, 1)
    assert (second["broken"], second["mended"]) == (0, 0)


async def test_a_dry_run_counts_and_changes_nothing(
    local: Terminal, settings: Settings, dm: str
) -> None:
    await break_by_hand(settings, HIGH)
    before = await contents(settings)

    answer = await local.run(
        "doctor", *DATA, "--fix", "--dry-run", "-o", "json", expect=ExitCode.FAILED
    )

    tried = found(answer)["message_count"]
    assert (tried["broken"], tried["mended"]) == (1, 1)
    assert "Nothing was changed." in answer.err
    assert await contents(settings) == before


async def test_without_a_terminal_to_ask_at_it_mends_nothing(
    local: Terminal, settings: Settings, dm: str
) -> None:
    await break_by_hand(settings, HIGH)
    before = await contents(settings)

    answer = await local.run("doctor", *DATA, "--fix", expect=ExitCode.USAGE)

    assert "--yes" in answer.err
    assert await contents(settings) == before


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", ExitCode.OK), (b"n\n", ExitCode.FAILED)])
async def test_at_a_terminal_it_says_what_it_would_mend_and_asks(
    local: Terminal, settings: Settings, dm: str, answer: bytes, code: ExitCode
) -> None:
    await break_by_hand(settings, HIGH)
    keyboard, stdin = os.openpty()
    os.write(keyboard, answer)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from fynix_cli.main import main; main()"),
        *("doctor", *DATA, "--fix"),
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )

    _, said = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)

    os.close(keyboard)
    os.close(stdin)
    assert process.returncode == code
    assert "message_count: 1 broken" in said.decode()
    results = await examine(settings, lambda count: None)
    assert sum(it.finding.broken for it in results) == (0 if code == ExitCode.OK else 1)


async def test_a_damaged_file_is_said_and_not_written_to(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "fynix.db")
    terminal = point_at(load_settings(data_dir=tmp_path), monkeypatch)
    await terminal.run("seed", "--conversations", "2", "--messages", "9")
    damage_index(tmp_path / "fynix.db")

    answer = await terminal.run("doctor", *DATA, "--fix", "--yes", expect=ExitCode.FAILED)

    (line,) = data_lines(answer)
    assert line[:2] == ["file", "failed"]
    assert "backup" in line[3]
    assert "Nothing is mended in a damaged file." in answer.err


async def test_what_cannot_be_mended_stays_exit_code_1_and_asks_nothing(
    local: Terminal, settings: Settings, dm: str
) -> None:
    await break_by_hand(settings, HOLE)

    answer = await local.run("doctor", *DATA, "--fix", "-o", "json", expect=ExitCode.FAILED)

    hole = found(answer)["numbers_whole"]
    assert (hole["broken"], hole["mended"], hole["is_mendable"]) == (1, 0, False)
    assert hole["examples"] == [{"conversation_id": dm, "seq": 3}]
    assert "backup" in hole["mend"]


async def test_a_dry_run_of_nothing_is_a_usage_error(local: Terminal) -> None:
    answer = await local.run("doctor", *DATA, "--dry-run", expect=ExitCode.USAGE)

    assert "--fix" in answer.err


async def test_mending_without_looking_at_the_data_is_a_usage_error(local: Terminal) -> None:
    answer = await local.run("doctor", "--fix", "--only", "config", expect=ExitCode.USAGE)

    assert "--only data" in answer.err


async def test_on_an_old_schema_it_says_what_to_run(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(data_dir=tmp_path_factory.mktemp("old"))
    await upgrade(settings, "0001")
    terminal = point_at(settings, monkeypatch)

    answer = await terminal.run("doctor", *DATA, expect=ExitCode.FAILED)

    assert "run: fynix migrate" in answer.out
    assert data_lines(answer)[0][1] == "skipped"


async def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("fresh")
    terminal = point_at(load_settings(data_dir=folder), monkeypatch)

    answer = await terminal.run("doctor", "--only", "database", "--only", "migrations")

    assert "fynix serve or fynix migrate makes it" in answer.out
    assert list(folder.iterdir()) == []


async def test_a_nightly_look_at_data_that_is_not_there_is_not_well(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    terminal = point_at(load_settings(data_dir=folder), monkeypatch)

    answer = await terminal.run("doctor", *DATA, expect=ExitCode.FAILED)

    assert data_lines(answer)[0][1:3] == ["failed", "there is no database yet"]
    assert list(folder.iterdir()) == []


async def test_a_database_that_does_not_answer_is_exit_code_7(
    local: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://fynix:hidden-password@127.0.0.1:9/fynix")

    answer = await local.run("doctor", *DATA, expect=ExitCode.UNREACHABLE)

    assert "127.0.0.1:9" in answer.out
    assert "hidden-password" not in answer.out + answer.err
    assert data_lines(answer)[0][2] == "skipped: the database does not answer"

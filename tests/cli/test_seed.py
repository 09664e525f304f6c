"""`fynix seed` as a person at a terminal uses it."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_server.settings import load_settings
from tests.cli.conftest import point_at
from tests.cli.terminal import Terminal
from tests.maintenance.conftest import contents
from tests.people import PASSWORD, Api

AMOUNT = ("--conversations", "6", "--messages", "90")


async def test_it_says_on_stdout_what_it_made(local: Terminal) -> None:
    answer = await local.run("seed", *AMOUNT, "--seed", "3", "-o", "json")

    made = json.loads(answer.out)
    assert (made["seed"], made["conversations"], made["messages"]) == (3, 6, 90)
    assert made["people"] == len(await local.rows("user", "list"))
    assert set(made["usernames"]) <= {it["username"] for it in await local.rows("user", "list")}
    # The bar is for terminals; a log would fill up with it.
    assert answer.err == "Nobody of them can log in; with FYNIX_PASSWORD set they could.\n"


async def test_with_a_password_in_the_environment_its_people_can_log_in(
    api: Api, local: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FYNIX_PASSWORD", PASSWORD)

    answer = await local.run("seed", *AMOUNT, "-o", "json")

    for username in json.loads(answer.out)["usernames"]:
        body = {"username": username, "password": PASSWORD}
        assert (await api.client.post("/api/auth/login", json=body)).status_code == 200
    assert answer.err == ""


async def test_a_password_that_cannot_be_one_is_refused_and_not_repeated(
    local: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FYNIX_PASSWORD", "short-1")

    answer = await local.run("seed", *AMOUNT, expect=ExitCode.FAILED)

    assert answer.err.startswith("fynix: FYNIX_PASSWORD: ")
    assert "short-1" not in answer.err
    assert await local.rows("user", "list") == []


async def test_the_same_seed_again_is_a_conflict_on_one_line(local: Terminal) -> None:
    await local.run("seed", *AMOUNT, "--seed", "3")
    before = await local.rows("user", "list")

    for more in ([], ["--dry-run"]):
        again = await local.run("seed", *AMOUNT, "--seed", "3", *more, expect=ExitCode.CONFLICT)

        assert again.out == ""
        assert "seed 3" in again.err
        assert again.err.count("\n") == 1
    assert await local.rows("user", "list") == before


async def test_a_dry_run_says_what_the_run_would_make_and_makes_nothing(local: Terminal) -> None:
    tried = await local.run("seed", *AMOUNT, "--dry-run", "-o", "json")
    left = await local.rows("user", "list")
    made = await local.run("seed", *AMOUNT, "-o", "json")

    assert left == []
    assert tried.out == made.out
    assert tried.err == "Nothing was changed.\n"


async def test_two_processes_make_the_same_of_a_seed(
    migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = []
    for number in ("1", "2"):
        folder = tmp_path / number
        folder.mkdir()
        shutil.copy(migrated_sqlite, folder / "fynix.db")
        # Python orders sets by a number of each process, unless told it.
        monkeypatch.setenv("PYTHONHASHSEED", number)
        settings = load_settings(data_dir=folder)
        machines.append((settings, point_at(settings, monkeypatch)))

    answers = await asyncio.gather(*(it.run_process("seed", *AMOUNT) for _, it in machines))

    (first, _), (second, _) = machines
    assert [it.code for it in answers] == [ExitCode.OK, ExitCode.OK]
    assert await contents(first) == await contents(second)


@pytest.mark.parametrize(
    "arguments",
    [["--conversations", "0"], ["--messages", "-1"], ["--seed", "-1"], ["--seed", "x"]],
    ids=" ".join,
)
async def test_amounts_that_make_no_sense_are_usage_errors(
    arguments: list[str], local: Terminal
) -> None:
    await local.run("seed", *arguments, expect=ExitCode.USAGE)


async def test_on_a_schema_that_is_not_up_to_date_it_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = point_at(load_settings(data_dir=tmp_path), monkeypatch)

    answer = await terminal.run("seed", *AMOUNT, expect=ExitCode.FAILED)

    assert "fynix migrate" in answer.err
    assert answer.err.count("\n") == 1


async def test_more_with_the_popular_one_than_there_are_is_refused_and_changes_nothing(
    local: Terminal,
) -> None:
    answer = await local.run("seed", *AMOUNT, "--popular", "7", expect=ExitCode.USAGE)

    assert "--popular" in answer.err
    assert await local.rows("user", "list") == []

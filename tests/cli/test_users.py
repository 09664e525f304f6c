"""`fynix user`: accounts made and listed beside a database, without a server."""

import json
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_server.audit import host_actor
from fynix_server.audit.queries import EntriesWanted, find_entries
from fynix_server.settings import Settings, load_settings
from tests.cli.conftest import point_at
from tests.cli.terminal import Terminal
from tests.people import PASSWORD, Api


async def test_an_account_made_here_can_log_in_and_has_its_role(
    api: Api, local: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FYNIX_PASSWORD", PASSWORD)

    made = await local.run(
        *("user", "create", "Root", "--role", "admin", "--display-name", "The Root")
    )

    answer = await api.client.post(
        "/api/auth/login", json={"username": "root", "password": PASSWORD}
    )
    assert answer.status_code == 200
    user = answer.json()["user"]
    assert made.out == f"{user['id']}\n"
    assert (user["username"], user["role"]) == ("root", "admin")
    assert user["display_name"] == "The Root"


async def test_whoever_makes_an_admin_at_the_host_stands_in_the_audit_log(
    api: Api, local: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FYNIX_PASSWORD", PASSWORD)

    made = await local.run("user", "create", "root", "--role", "admin")
    await local.run("user", "create", "ROOT", expect=ExitCode.CONFLICT)

    async with api.resources.database.read() as connection:
        entries = await find_entries(connection, EntriesWanted(), 10)
    assert [(it.link.actor_kind, it.link.action) for it in entries] == [("host", "user.create")]
    assert entries[0].link.actor_id == host_actor().id
    assert entries[0].link.target_id == made.out.strip()
    assert json.loads(entries[0].details or "")["after"] == {"role": "admin"}


async def test_a_password_from_stdin_is_taken_whole_but_for_its_line_break(
    api: Api, local: Terminal
) -> None:
    password = "  spaces and pass phrase  "

    await local.run("user", "create", "alice", "--password-stdin", stdin=f"{password}\nmore\n")

    answer = await api.client.post(
        "/api/auth/login", json={"username": "alice", "password": password}
    )
    assert answer.status_code == 200
    assert answer.json()["user"]["role"] == "user"


async def test_a_taken_name_is_a_conflict_in_capitals_too(
    local: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FYNIX_PASSWORD", PASSWORD)
    await local.run("user", "create", "alice")

    answer = await local.run("user", "create", "ALICE", expect=ExitCode.CONFLICT)

    assert answer.out == ""
    assert "'alice' is taken" in answer.err
    assert answer.err.count("\n") == 1
    assert [it["username"] for it in await local.rows("user", "list")] == ["alice"]


@pytest.mark.parametrize("name", ["al", "a" * 33, "alice smith", "álice", "-"])
async def test_a_name_that_cannot_be_one_is_refused_before_the_password(
    name: str, local: Terminal
) -> None:
    answer = await local.run("user", "create", "--", name, expect=ExitCode.USAGE)

    assert answer.err.startswith("fynix: username: ")
    assert await local.rows("user", "list") == []


@pytest.mark.parametrize("password", ["short", "x" * 129, "null\x00null"])
async def test_a_password_that_cannot_be_one_is_refused_and_not_repeated(
    password: str, local: Terminal
) -> None:
    answer = await local.run(
        *("user", "create", "alice", "--password-stdin"), stdin=password, expect=ExitCode.USAGE
    )

    assert answer.err.startswith("fynix: password: ")
    assert password not in answer.err
    assert await local.rows("user", "list") == []


async def test_an_unknown_role_is_a_usage_error(local: Terminal) -> None:
    await local.run("user", "create", "alice", "--role", "king", expect=ExitCode.USAGE)


async def test_without_a_terminal_or_a_password_it_says_how_to_give_one(local: Terminal) -> None:
    answer = await local.run("user", "create", "alice", expect=ExitCode.USAGE)

    assert "--password-stdin" in answer.err
    assert "FYNIX_PASSWORD" in answer.err


async def test_accounts_are_listed_by_name_page_after_page(
    local: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FYNIX_PASSWORD", PASSWORD)
    for name in ("carol", "alice", "bob"):
        await local.run("user", "create", name)

    first = await local.rows("user", "list", "--limit", "2")
    rest = await local.run("user", "list", "--after", "BOB", "-o", "jsonl")
    table = await local.run("user", "list")

    assert [it["username"] for it in first] == ["alice", "bob"]
    assert set(first[0]) == {"id", "username", "display_name", "role", "status", "created_at"}
    assert [json.loads(line)["username"] for line in rest.out.splitlines()] == ["carol"]
    assert [line.split("\t")[0] for line in table.out.splitlines()] == ["alice", "bob", "carol"]


async def test_nobody_yet_is_said_with_the_command_that_makes_the_first(local: Terminal) -> None:
    answer = await local.run("user", "list")

    assert answer.out == ""
    assert "fynix user create" in answer.err


@pytest.mark.parametrize("command", [["user", "create", "alice"], ["user", "list"]], ids=" ".join)
async def test_on_a_schema_that_is_not_up_to_date_it_says_what_to_run(
    command: list[str], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Settings = load_settings(data_dir=tmp_path_factory.mktemp("empty"))
    terminal = point_at(settings, monkeypatch)
    monkeypatch.setenv("FYNIX_PASSWORD", PASSWORD)

    answer = await terminal.run(*command, expect=ExitCode.FAILED)

    assert "fynix migrate" in answer.err
    assert answer.err.count("\n") == 1


async def test_in_a_shell_without_the_servers_settings_it_names_the_database_that_it_would_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = point_at(load_settings(data_dir=tmp_path), monkeypatch)
    monkeypatch.setenv("FYNIX_PASSWORD", PASSWORD)

    answer = await terminal.run("user", "create", "root", expect=ExitCode.FAILED)

    assert f"{tmp_path / 'fynix.db'} holds nothing of Fynix yet" in answer.err
    assert "DATABASE_URL" in answer.err
    assert "fynix migrate" in answer.err

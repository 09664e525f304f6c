"""`fynix report`, `reports`, `notices` and `fynix moderation case` at a terminal."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import update

from fynix_cli.exit_codes import ExitCode
from fynix_server.tables import User
from tests.cli.conftest import logged_in, write_to_bob
from tests.cli.pseudo_terminal import in_pty
from tests.cli.terminal import Terminal
from tests.people import Api
from tests.staff import audited

ESCAPES = "\x1b[2Jowned\r\nfynix: forged"


@pytest.fixture
async def terminal(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """A terminal of a machine where mia, a moderator, alice and then bob have logged in."""
    async with logged_in(api, tmp_path, monkeypatch, ("mia", "alice", "bob")) as terminal:
        change = update(User).where(User.username == "mia").values(role="moderator")
        async with api.resources.database.write() as connection:
            mia_id = (await connection.execute(change.returning(User.id))).scalar_one()
        api.resources.sessions.forget_user(mia_id)
        yield terminal


async def reported(terminal: Terminal, *content: str) -> str:
    """The id of bob's report of what alice wrote to him."""
    message = (await write_to_bob(terminal, *(content or ("insult",))))[0]
    answer = await terminal.run("report", "alice", message["id"], "--reason", "harassment")
    return answer.out.strip()


async def test_a_message_is_reported_and_its_outcome_is_told(terminal: Terminal) -> None:
    (message,) = await write_to_bob(terminal, "insult")
    words = ("report", "alice", message["id"], "--reason", "threat", "--comment", "Help!")

    made = await terminal.run(*words)
    again = await terminal.run(*words, expect=ExitCode.CONFLICT)
    case_id = made.out.strip()
    act = ("moderation", "case", "action", case_id, "--as", "mia", "--reason", "yes")
    closed = await terminal.run(*act, "--outcome", "We have seen to it.")

    assert "Reported." in made.err
    assert "already" in again.err
    assert closed.err == "The case about alice is actioned.\n"
    (mine,) = await terminal.rows("reports")
    assert (mine["id"], mine["reason"], mine["comment"]) == (case_id, "threat", "Help!")
    assert (mine["status"], mine["outcome"]) == ("actioned", "We have seen to it.")
    (notice,) = await terminal.rows("notices", "--unread", "--mark-read")
    assert notice["detail"].endswith(": We have seen to it.")
    assert await terminal.rows("notices", "--unread") == []
    assert len(await terminal.rows("notices")) == 1
    assert "No notices." in (await terminal.run("notices", "--unread")).err
    assert await terminal.rows("reports", "--as", "alice") == []


async def test_a_person_is_reported_by_name_and_by_id(terminal: Terminal) -> None:
    (message,) = await write_to_bob(terminal, "hello")

    await terminal.run("report", "alice", "--reason", "spam")
    by_id = ("report", message["sender_id"], "--reason", "spam")
    again = await terminal.run(*by_id, expect=ExitCode.CONFLICT)

    assert "already" in again.err
    (mine,) = await terminal.rows("reports")
    assert (mine["user_id"], mine["message_id"]) == (message["sender_id"], None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("bob", "--reason", "spam"), ExitCode.FAILED),  # oneself
        (("mia", "--reason", "spam"), ExitCode.NOT_FOUND),  # never met
        (("nobody", "--reason", "spam"), ExitCode.NOT_FOUND),
        (("alice", "--reason", "envy"), ExitCode.USAGE),
        (("alice",), ExitCode.USAGE),
        (("alice", "7", "--reason", "spam"), ExitCode.USAGE),
        (("alice", str(uuid4()), "--reason", "spam"), ExitCode.NOT_FOUND),
        ((str(uuid4()), str(uuid4()), "--reason", "spam"), ExitCode.NOT_FOUND),
        (("alice", "--reason", "spam", "--comment", "x" * 2001), ExitCode.FAILED),
    ],
)
async def test_what_is_no_report_has_its_exit_code(
    terminal: Terminal, words: tuple[str, ...], expected: ExitCode
) -> None:
    await write_to_bob(terminal, "hello")

    await terminal.run("report", *words, expect=expected)

    assert await terminal.rows("reports") == []


async def test_cases_are_listed_by_name_and_as_json(terminal: Terminal) -> None:
    case_id = await reported(terminal)
    words = ("moderation", "case", "list", "--as", "mia")

    listed = await terminal.rows(*words, "--about", "alice", "--by", "bob")
    table = await terminal.run(*words)
    everything = await terminal.run(*words, "--status", "all")
    others = await terminal.rows(*words, "--about", "bob")
    mine = await terminal.rows(*words, "--assigned-to", "me")

    assert [it["id"] for it in listed] == [case_id]
    assert set(listed[0]) == {
        *("id", "status", "reason", "user", "reporter", "assigned_to", "message_id"),
        *("conversation_id", "outcome", "created_at", "updated_at", "closed_at"),
    }
    cells = table.out.rstrip("\n").split("\t")
    assert (cells[0], cells[2:]) == (case_id, ["harassment", "alice", "bob"])
    assert everything.out == f"{case_id}\topen\tharassment\talice\tbob\n"
    assert (others, mine) == ([], [])


async def test_the_list_of_cases_fits_a_terminal(terminal: Terminal) -> None:
    case_id = await reported(terminal)

    async with in_pty("moderation", "case", "list", "--as", "mia") as shown:
        assert await shown.exit_code() == ExitCode.OK

    lines = shown.out.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    (row,) = [line for line in lines if case_id in line]
    assert row.split()[2:] == ["harassment", "alice", "bob"]
    assert max(len(line.rstrip()) for line in lines) <= 80


async def test_evidence_is_shown_only_with_a_reason_and_obeyed_by_no_terminal(
    terminal: Terminal, api: Api
) -> None:
    first, insult = await write_to_bob(terminal, "first", ESCAPES)
    await terminal.run("delete", "bob", first["id"], "--as", "alice", "--yes")
    words = ("report", "alice", insult["id"], "--reason", "other", "--comment", ESCAPES)
    case_id = (await terminal.run(*words)).out.strip()
    show = ("moderation", "case", "show", case_id, "--as", "mia")

    looked = await terminal.run(*show)
    without_trace = await audited(api)
    tried = await terminal.run(*show, "--reason", "to judge it", "--dry-run")
    read = await terminal.run(*show, "--reason", "to judge it")
    as_json = json.loads((await terminal.run(*show, "--reason", "again", "-o", "json")).out)

    assert "owned" not in looked.out + tried.out
    assert "has_comment\tyes\nevidence_messages\t1\n" in looked.out
    assert "--reason" in looked.err
    assert without_trace == []
    *_, comment, evidence = read.out.splitlines()
    assert comment == "comment\t␛[2Jowned␍␊fynix: forged"
    assert evidence.startswith(f"> {insult['seq']}  ")
    assert evidence.endswith("alice: ␛[2Jowned␍␊fynix: forged")
    assert as_json["evidence"][0]["content"] == ESCAPES
    assert [it.action for it in await audited(api)] == ["case.show", "case.show"]


async def test_evidence_says_what_was_edited_and_deleted(terminal: Terminal) -> None:
    before, insult = await write_to_bob(terminal, "before", "insult")
    await terminal.run("read", "alice")
    await terminal.run("delete", "bob", before["id"], "--as", "alice", "--yes")
    words = ("report", "alice", insult["id"], "--reason", "other")
    case_id = (await terminal.run(*words)).out.strip()

    show = ("moderation", "case", "show", case_id, "--as", "mia", "--reason", "to judge it")
    lines = (await terminal.run(*show)).out.splitlines()[-2:]

    assert lines[0].startswith(f"  {before['seq']}  ")
    assert lines[0].endswith("alice (deleted): before")
    assert lines[1].startswith(f"> {insult['seq']}  ")


async def test_a_case_goes_its_way_and_wrong_moves_have_their_exit_codes(
    terminal: Terminal, api: Api
) -> None:
    case_id = await reported(terminal)
    why = ("--reason", "because")

    async def case(verb: str, *more: str, expect: ExitCode = ExitCode.OK) -> str:
        words = ("moderation", "case", verb, case_id, *more, *why, "--as", "mia")
        return (await terminal.run(*words, expect=expect)).err

    tried = await case("assign", "--dry-run")
    taken = await case("assign")
    await case("assign", expect=ExitCode.CONFLICT)
    await case("assign", "--to", "bob", expect=ExitCode.CONFLICT)
    await case("assign", "--to", "nobody", expect=ExitCode.NOT_FOUND)
    would_be = await case("dismiss", "--dry-run")
    dismissed = await case("dismiss")
    closed = await case("action", "--outcome", "Too late.", expect=ExitCode.CONFLICT)

    assert tried == "The case about alice would be assigned to mia.\n"
    assert taken == "The case about alice is assigned to mia.\n"
    assert would_be == "The case about alice would be dismissed.\n"
    assert dismissed == "The case about alice is dismissed.\n"
    assert "closed" in closed
    assert [it.action for it in await audited(api)] == ["case.assign", "case.dismiss"]


async def test_who_is_no_moderator_gets_nowhere(terminal: Terminal) -> None:
    case_id = await reported(terminal)
    command = ("moderation", "case")

    await terminal.run(*command, "list", expect=ExitCode.NOT_ALLOWED)
    await terminal.run(*command, "show", case_id, expect=ExitCode.NOT_ALLOWED)
    words = (*command, "dismiss", case_id, "--reason", "it is mine")
    await terminal.run(*words, expect=ExitCode.NOT_ALLOWED)
    await terminal.run(*command, "show", "7", expect=ExitCode.USAGE)
    unknown = (*command, "show", str(uuid4()), "--as", "mia")
    await terminal.run(*unknown, expect=ExitCode.NOT_FOUND)

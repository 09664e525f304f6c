"""`fynix cleanup` as whoever runs the host uses it."""

import json

import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.pseudo_terminal import in_pty
from tests.cli.terminal import Terminal

SEED = ("seed", "--conversations", "6", "--messages", "90")
CLEAN = ("cleanup", "messages", "--older-than", "2d", "--reason", "weekly")


async def test_it_says_what_went_and_the_room_before_and_after(local: Terminal) -> None:
    await local.run(*SEED)

    answer = await local.run(*CLEAN, "--yes", "-o", "json")

    report = json.loads(answer.out)
    assert set(report) == {
        "dry_run",
        "runs",
        "tables",
        "bytes_before",
        "bytes_after",
        "free_bytes_before",
        "free_bytes_after",
    }
    (run,) = report["runs"]
    assert set(run) == {
        "run_id",
        "subject",
        "state",
        "is_resumed",
        "cutoffs",
        "removed",
        "batches",
        "seconds",
        "p99_lock_ms",
        "longest_lock_ms",
    }
    assert (run["state"], run["removed"]) == ("done", {"messages": 90})
    (messages,) = (it for it in report["tables"] if it["table"] == "messages")
    assert (messages["rows_before"], messages["rows_after"]) == (90, 0)
    assert messages["bytes_before"] > 0
    assert "Deleting gives no disk back" in answer.err
    assert "from before 20" in answer.err
    (past,) = await local.rows("cleanup", "history")
    assert (past["id"], past["state"], past["removed"]) == (run["run_id"], "done", run["removed"])


async def test_a_dry_run_tells_the_same_counts_and_changes_nothing(local: Terminal) -> None:
    await local.run(*SEED)

    dry = await local.run(*CLEAN, "--dry-run", "-o", "json")

    assert json.loads(dry.out)["runs"][0]["removed"] == {"messages": 90}
    assert dry.err.endswith("Nothing was changed.\n")
    assert await local.rows("cleanup", "history") == []
    real = await local.run(*CLEAN, "--yes", "-o", "json")
    assert json.loads(real.out)["runs"][0]["removed"] == {"messages": 90}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("messages", "--older-than", "30"), "no age and no day"),
        (("messages", "--older-than", "0d"), "not in the past"),
        (("messages", "--older-than", "2999-01-01"), "not in the past"),
        (("messages", "--older-than", "-1d"), "no age and no day"),
        (("messages", "--older-than", "999999999w"), "no age and no day"),
        (("messages", "--deleted-after", "soon"), "no age and no day"),
        (("messages", "--max-time", "10"), "no duration"),
        (("sessions", "--older-than", "1h"), "younger than 1 day"),
        (("events", "--older-than", "1d"), "younger than 7 days"),
        (("audit", "--older-than", "30d"), "younger than 365 days"),
        (("messages", "--batch", "0"), "--batch"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    local: Terminal, words: tuple[str, ...], said: str
) -> None:
    refused = await local.run(
        "cleanup", *words, "--yes", "--reason", "weekly", expect=ExitCode.USAGE
    )

    assert said in refused.err
    assert await local.rows("cleanup", "history") == []


async def test_without_a_terminal_it_wants_a_yes(local: Terminal) -> None:
    await local.run(*SEED)

    refused = await local.run(*CLEAN, expect=ExitCode.USAGE)

    assert "--yes" in refused.err
    assert await local.rows("cleanup", "history") == []


@pytest.mark.parametrize("stack", ["embedded"])
async def test_at_a_terminal_it_asks_for_what_goes_and_goes_on_only_by_its_name(
    local: Terminal,
) -> None:
    await local.run(*SEED)

    async with in_pty(*CLEAN) as refused:
        await refused.shows(b"remove 90 messages for good")
        refused.type(b"yes\r")
        assert await refused.exit_code() == ExitCode.FAILED
    assert await local.rows("cleanup", "history") == []

    async with in_pty(*CLEAN) as done:
        await done.shows(b"Type messages to go on")
        done.type(b"messages\r")
        await done.shows(b"removed 90 messages")
        assert await done.exit_code() == ExitCode.OK


async def test_all_does_each_kind_by_its_age(local: Terminal) -> None:
    await local.run(*SEED)

    answer = await local.run("cleanup", "all", "--reason", "weekly", "--yes", "-o", "json")

    runs = json.loads(answer.out)["runs"]
    assert [it["subject"] for it in runs] == ["messages", "sessions", "receipts", "events", "audit"]
    assert {it["state"] for it in runs} == {"done"}


async def test_all_by_an_age_is_by_that_age_but_for_the_audit_log(local: Terminal) -> None:
    await local.run(*SEED)
    asked = ("cleanup", "all", "--older-than", "8d", "--reason", "weekly", "--yes", "-o", "json")

    answer = await local.run(*asked)

    *others, audit = (it["cutoffs"]["before"][:10] for it in json.loads(answer.out)["runs"])
    assert len(set(others)) == 1
    assert audit < others[0]
    too_young = ("cleanup", "all", "--older-than", "3d", "--reason", "weekly", "--yes")
    refused = await local.run(*too_young, expect=ExitCode.USAGE)
    assert "events younger than 7 days stay" in refused.err


async def test_vacuum_gives_back_what_was_free(local: Terminal, stack: str) -> None:
    await local.run("seed", "--conversations", "6", "--messages", "3000")
    await local.run(*CLEAN, "--yes")

    looked = json.loads(
        (await local.run("cleanup", "vacuum", "--reason", "x", "--dry-run", "-o", "json")).out
    )
    done = await local.run("cleanup", "vacuum", "--reason", "x", "--yes", "-o", "json")

    report = json.loads(done.out)
    assert looked["bytes_after"] == looked["bytes_before"]
    if stack == "embedded":
        assert report["bytes_after"] < report["bytes_before"]
        assert "nobody can send meanwhile" in done.err
    else:
        assert "VACUUM FULL" in done.err
    assert (await local.run("doctor", "--only", "data", "-o", "json")).code == 0

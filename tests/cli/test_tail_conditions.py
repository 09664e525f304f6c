"""`fynix tail` and `wait` for scripts: what they show, and when they end."""

import json
import sys
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.main import run
from tests.cli.conftest import write_to_bob
from tests.cli.terminal import Terminal

PAST = ("--since", "all", "--type", "new_message")
CONTENTS = ("--format", "{message.content}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bob.cursors"


async def shown(terminal: Terminal, *arguments: str) -> list[str]:
    """The lines of a tail that ends with 0."""
    return (await terminal.run("tail", *arguments)).out.splitlines()


# ── which, and how ───────────────────────────────────────────────────────────────────────────


async def test_only_frames_that_meet_every_condition_are_shown(terminal: Terminal) -> None:
    await write_to_bob(terminal, "deploy one", "lunch?", "deploy two", "deploy three")

    lines = await shown(
        terminal,
        *(*PAST, *CONTENTS, "--count", "1"),
        *("--where", "message.content~^deploy", "--where", "message.content!~one"),
    )

    assert lines == ["deploy two"]


async def test_a_template_shows_what_others_wrote_on_one_harmless_line(
    terminal: Terminal,
) -> None:
    await write_to_bob(terminal, "one\nalice: two\x1b[2J")

    lines = await shown(
        terminal, *PAST, "-n", "1", "--format", "{message.sender_username}: {message.content}"
    )

    assert lines == ["alice: one␊alice: two␛[2J"]


# ── the end ──────────────────────────────────────────────────────────────────────────────────


async def test_a_count_ends_the_tail_and_leaves_the_rest_for_the_next(
    terminal: Terminal, path: Path
) -> None:
    await write_to_bob(terminal, "one", "two", "three")
    arguments = (*PAST, *CONTENTS, "--cursor-file", str(path))

    first = await shown(terminal, *arguments, "--count", "2")
    second = await shown(terminal, *arguments, "--count", "1")

    assert first == ["one", "two"]
    assert second == ["three"]


async def test_the_frame_that_meets_until_is_the_last_one_shown(terminal: Terminal) -> None:
    tail = await terminal.tail(
        *CONTENTS, "--type", "new_message", "--until", "message.content=stop"
    )

    await write_to_bob(terminal, "stop it", "stop", "too late")

    assert await tail.rest() == "stop it\nstop\n"
    assert await tail.exit_code() == ExitCode.OK


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), ExitCode.OK),
        (("--count", "2"), ExitCode.TIMED_OUT),
        (("--until", "message.content=stop"), ExitCode.TIMED_OUT),
    ],
    ids=["watching", "count", "until"],
)
async def test_a_timeout_is_a_failure_only_for_who_waited_for_something(
    terminal: Terminal, arguments: tuple[str, ...], code: ExitCode
) -> None:
    answer = await terminal.run("tail", "--timeout", "0.5", *arguments, expect=code)

    assert answer.out == ""
    assert ("did not come within 0.5 s" in answer.err) is (code != ExitCode.OK)


# ── wait ─────────────────────────────────────────────────────────────────────────────────────


async def test_wait_prints_the_first_frame_that_is_meant_and_ends(terminal: Terminal) -> None:
    wait = await terminal.wait("new_message", "--where", "message.content~^deploy")

    await write_to_bob(terminal, "lunch?", "deploy one", "deploy two")

    (line,) = (await wait.rest()).splitlines()
    frame = json.loads(line)
    assert (frame["type"], frame["message"]["content"]) == ("new_message", "deploy one")
    assert await wait.exit_code() == ExitCode.OK


async def test_wait_finds_what_came_before_it_when_told_how_far_to_look_back(
    terminal: Terminal,
) -> None:
    await write_to_bob(terminal, "one")

    answer = await terminal.run("wait", "new_message", "--since", "1m", *CONTENTS)

    assert answer.out == "one\n"


async def test_several_waits_with_one_cursor_file_miss_nothing_between_them(
    terminal: Terminal, path: Path
) -> None:
    await write_to_bob(terminal, "one", "lunch?", "two")
    wait = ("wait", "new_message", *CONTENTS, "--since", "all", "--cursor-file", str(path))
    where = ("--where", "message.content!=lunch?")

    found = [(await terminal.run(*wait, *where)).out for _ in range(2)]
    await write_to_bob(terminal, "three")
    found.append((await terminal.run(*wait, *where)).out)

    assert found == ["one\n", "two\n", "three\n"]


async def test_wait_that_waits_in_vain_exits_with_9_and_prints_nothing(terminal: Terminal) -> None:
    await write_to_bob(terminal, "one")

    answer = await terminal.run(
        "wait", "new_message", "--timeout", "0.5", expect=ExitCode.TIMED_OUT
    )

    assert answer.out == ""
    assert answer.err.endswith("fynix: what was waited for did not come within 0.5 s\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signal to a child")
async def test_a_wait_that_is_interrupted_before_its_time_exits_with_130(
    terminal: Terminal,
) -> None:
    wait = await terminal.wait("new_message", "--timeout", "1000")

    wait.interrupt()

    assert await wait.exit_code() == ExitCode.INTERRUPTED


# ── wrong usage, for which nobody needs a server ─────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tail", "--where", "content=x"], "did you mean message.content?"),
        (["tail", "--until", "seq>x"], "'x' is no number"),
        (["tail", "-t", "typing", "--where", "seq=1"], "no frame of type typing has 'seq'"),
        (["tail", "--format", "{content}"], "did you mean message.content?"),
        (["tail", "--format", "x", "-o", "jsonl"], "give only one of these"),
        (["tail", "--format", "x", "--exec", "true"], "give only one of these"),
        (["tail", "--count", "0"], "--count"),
        (["tail", "--timeout", "0"], "--timeout"),
        (["tail", "--type", "message"], "'message' is not one of 'new_message'"),
        (["wait", "message"], "'message' is not one of 'new_message'"),
        (["wait", "typing", "--where", "seq=1"], "no frame of type typing has 'seq'"),
        (["wait", "typing", "--format", "{seq}"], "no frame of type typing has 'seq'"),
        (["wait"], "EVENT"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else "",
)
def test_what_cannot_be_meant_is_wrong_usage_and_said_at_once(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(arguments)

    answer = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert said in answer.err
    assert answer.out == ""

"""`fynix scenario replay`: a trace is done again, and what is different is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.replaying.comparing import differences
from fynix_cli.scenario.replaying.identities import Identities
from tests.cli.terminal import Answer, Terminal
from tests.people import Api

embedded_only = pytest.mark.parametrize("stack", ["embedded"])
ONE, TWO, THREE = (f"01a227d8-e075-7511-b4cb-16a00553530{it}" for it in range(3))
EVERYTHING = """
fynix: 1
name: everything
actors:
  alice: {}
  bob: {devices: [phone, laptop]}
  carol: {protocol: plain}
  dave: {connect: false}
steps:
  - alice.group: {name: Climbers, with: [bob, carol], save: g}
  - parallel:
      - {alice.send: {in: $g, text: from alice, save: a1}}
      - {bob.send: {in: $g, text: from bob, via: live}}
      - {carol.send: {in: $g, text: "from carol in $g.id"}}
  # Or who sees it after the edit sees the new text.
  - bob.phone.expect: {event: new_message, where: {message.id: $a1.id}}
  - bob.laptop.expect: {event: new_message, where: {message.id: $a1.id}}
  - carol.expect: {event: new_message, where: {message.id: $a1.id}}
  - alice.typing: $g
  - bob.expect: {event: typing}
  - bob.read: {in: $g, upto: $a1, via: live}
  - alice.expect: {event: message_read}
  - alice.edit: {message: $a1, text: changed}
  - bob.phone.fault: drop
  - bob.phone.expect: {event: closed}
  - alice.send: {in: $g, text: missed}
  - bob.phone.heal: {}
  - bob.phone.reconnect: {}
  - dave.connect: {token: nonsense, closed: 4001}
  - dave.connect: {}
  - dave.login: {}
  - dave.login: {password: "a wrong one", expect: {status: 401}}
  - dave.refresh: {}
  - dave.send: {in: $g, text: no, expect: {status: 403, code: not_a_participant}}
  - alice.request: {path: /api/users/me, headers: {Authorization: null}, expect: {status: 401}}
  - alice.request: {path: "/api/conversations/$g.id/read", method: PATCH, raw: "{", expect: 400}
  - alice.add: {in: $g, who: dave}
  - dave.expect: {event: participant_added}
  - alice.frame: {send: {type: dance}, expect: {type: error}}
  - bob.phone.disconnect: {}
  - bob.phone.connect: {}
  - bob.resume: {cursors: {$g: 0}}
  - dave.logout: {}
"""
AHEAD = """
fynix: 1
name: ahead
server: {settings: {rate_limit_messages: 1/60}}
actors: {alice: {}, bob: {}}
steps:
  - alice.dm: {with: bob, save: dm}
  - alice.send: {in: $dm, text: one}
  - alice.send: {in: $dm, text: two, expect: {status: 429}}
  - clock.advance: 61s
  - alice.send: {in: $dm, text: three}
"""
Change = Callable[[dict[str, Any]], None]


def traced(folder: Path) -> Path:
    """The one trace in `folder`."""
    (trace,) = folder.glob("*.trace.jsonl")
    return trace


def changed(trace: Path, kind: str, change: Change) -> int:
    """Change the last entry of this kind; its line."""
    lines = trace.read_text().splitlines()
    entries = [json.loads(it) for it in lines]
    index = max(it for it, entry in enumerate(entries) if entry.get("kind") == kind)
    change(entries[index])
    lines[index] = json.dumps(entries[index])
    trace.write_text("\n".join(lines) + "\n")
    return index + 1


async def trace_of(terminal: Terminal, text: str, file: Path, *arguments: str) -> Path:
    write(file, text)
    folder = file.parent / "traces"
    await terminal.run("scenario", "run", str(file), "--trace", str(folder), *arguments)
    return traced(folder)


def write(file: Path, text: str) -> None:
    file.write_text(text)


async def replay(
    terminal: Terminal, trace: Path, *arguments: str, expect: ExitCode = ExitCode.OK
) -> Answer:
    return await terminal.run("scenario", "replay", str(trace), *arguments, expect=expect)


async def test_a_trace_gives_the_same_again_at_another_time_and_by_other_people(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    there = ("--server", unlimited.url)
    trace = await trace_of(terminal, EVERYTHING, file, *there)

    answer = await replay(terminal, trace, *there, "--strict")

    assert answer.out == ""
    assert answer.err.endswith("the same as then\n")


@embedded_only
async def test_a_trace_of_a_private_server_gets_one_with_its_settings_and_clock(
    terminal: Terminal, file: Path
) -> None:
    trace = await trace_of(terminal, AHEAD, file)

    answer = await replay(terminal, trace, "--strict", "--speed", "2")

    assert answer.err == "4 requests and 0 frames again: the same as then\n"


@embedded_only
async def test_what_moves_the_clock_cannot_be_played_where_others_live(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    trace = await trace_of(terminal, AHEAD, file)

    answer = await replay(terminal, trace, "--server", unlimited.url, expect=ExitCode.FAILED)

    assert "cannot be played to its end" in answer.err


def _status(entry: dict[str, Any]) -> None:
    entry["status"] = 403
    entry["body"] = {"code": "not_a_participant"}


def _content(entry: dict[str, Any]) -> None:
    entry["body"]["content"] = "something else"


def _frame(entry: dict[str, Any]) -> None:
    entry["frame"] = {"type": "new_message", "seq": 99, "conversation_id": ONE}


@embedded_only
@pytest.mark.parametrize(
    ("kind", "change", "told"),
    [
        ("answer", _status, "was answered 403 not_a_participant, and now 201"),
        ("answer", _content, 'content was "something else", and is "three"'),
        ("arrived", _frame, 'got no new_message {"seq": 99} within'),
    ],
)
async def test_a_difference_is_named_with_its_line(
    terminal: Terminal, file: Path, kind: str, change: Change, told: str
) -> None:
    trace = await trace_of(terminal, AHEAD, file)
    line = changed(trace, kind, change)

    arguments = ("--strict", "--within", "1s")
    answer = await replay(terminal, trace, *arguments, expect=ExitCode.ASSERTIONS_FAILED)

    assert answer.out.startswith(f"{trace}:{line}: "), answer
    assert told in answer.out


@embedded_only
async def test_without_strict_only_statuses_count(terminal: Terminal, file: Path) -> None:
    trace = await trace_of(terminal, AHEAD, file)
    changed(trace, "answer", _content)

    await replay(terminal, trace)


@embedded_only
async def test_a_server_that_is_not_there_is_no_difference(terminal: Terminal, file: Path) -> None:
    trace = await trace_of(terminal, AHEAD, file)

    answer = await replay(terminal, trace, "--server", "http://127.0.0.1:1", expect=ExitCode.FAILED)

    assert "there is no server at http://127.0.0.1:1; start it" in answer.err


@embedded_only
@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "this file is empty"),
        ("hello\n", 1, "this is not JSON"),
        ("[]\n", 1, "this is no JSON object"),
        ('{"fynix_trace": 99}\n', 1, "no trace of format 1"),
        ('{"fynix_trace": 1}\n{"at": 1}\n', 2, "this line has no 'kind'"),
        (
            '{"fynix_trace": 1}\n{"at":1,"kind":"dance","actor":"a","device":"b","text":""}\n',
            2,
            "there is no kind 'dance'",
        ),
        (
            '{"fynix_trace": 1}\n{"at":1,"kind":"answer","actor":"a","device":"b","text":""}\n',
            2,
            "a line of kind 'answer' has no 'call'",
        ),
        (
            '{"fynix_trace": 1}\n{"at":1,"kind":"request","actor":"a","device":"b","text":"",'
            '"call":1,"method":7,"path":"/"}\n',
            2,
            "'method' must be a text",
        ),
        (
            '{"fynix_trace": 1}\n{"at":"x","kind":"log","actor":null,"device":null,"text":""}\n',
            2,
            "'at' must be a number",
        ),
        ('{"fynix_trace": 1}\n', 1, "nobody has joined"),
    ],
)
async def test_a_file_that_is_no_trace_is_refused_with_the_line(
    terminal: Terminal, tmp_path: Path, text: str, line: int, told: str
) -> None:
    file = tmp_path / "odd.jsonl"
    write(file, text)

    answer = await replay(terminal, file, expect=ExitCode.USAGE)

    assert f"{file}:{line}: " in answer.err
    assert told in answer.err


def test_ids_are_the_same_where_they_stand_for_the_same() -> None:
    ids = Identities()
    ids.learn_from({"id": ONE, "members": [{"user_id": ONE}]}, {"id": TWO, "members": []})
    then = {"sender_id": ONE, "created_at": "2026-01-01T00:00:00Z", "seq": 1}

    same = {"sender_id": TWO, "created_at": "2027-01-01T00:00:00Z", "seq": 1}
    other = {"sender_id": THREE, "created_at": None, "seq": 1}

    assert list(differences(then, same, ids)) == []
    assert list(differences(then, other, ids)) == [
        f'sender_id was "{TWO}", and is "{THREE}"',
        'created_at was "2026-01-01T00:00:00Z", and is null',
    ]


def test_keys_of_messages_are_made_new_and_stay_the_same_among_themselves() -> None:
    ids = Identities()
    body = {"client_message_id": "mine", "content": "mine is yours"}

    first, second = ids.translated(body), ids.translated(body)

    assert first == second
    assert first["client_message_id"] != "mine"
    assert first["content"] == "mine is yours"

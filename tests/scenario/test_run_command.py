"""`fynix scenario run` and its sisters, as testers type them."""

import json
from pathlib import Path
from xml.etree.ElementTree import Element, parse

import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.terminal import Answer, Terminal
from tests.people import Api
from tests.scenario.writing import TWO, scenario

GOOD = """
- alice.dm: {with: bob, save: dm}
- alice.send: {in: $dm, text: hello, save: m1}
- bob.expect: {event: new_message, where: {message.id: $m1.id}}
"""
BAD = GOOD + "- bob.expect: {event: typing, within: 100ms}\n"


@pytest.fixture
def terminal() -> Terminal:
    return Terminal({})


def read_xml(report: Path) -> Element:
    return parse(report).getroot()  # noqa: S314 - of our own making


def cases(report: Path) -> dict[str, str]:
    """By title, what a JUnit report says of it: passed, failure or error."""
    found = {}
    for case in read_xml(report).iter("testcase"):
        kinds = [it.tag for it in case]
        found[case.attrib["name"]] = kinds[0] if kinds else "passed"
    return found


async def test_a_scenario_that_passes_exits_0_and_says_so(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = scenario(tmp_path, GOOD)

    answer = await terminal.run("scenario", "run", str(file))

    assert answer.out.startswith(f"ok      {file}  a [embedded]  3 steps, ")
    assert answer.err.startswith("1 passed in ")


async def test_a_failure_exits_8_and_shows_all_that_helps(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = scenario(tmp_path, BAD)

    answer = await terminal.run(
        *("scenario", "run", str(file), "--seed", "5"), expect=ExitCode.ASSERTIONS_FAILED
    )

    lines = [it.strip() for it in answer.out.splitlines()]
    assert lines[0].startswith(f"FAILED  {file}:8:5  a [embedded]  4 steps, ")
    assert lines[1] == "bob.expect: no such typing within 0.1 s"
    assert lines[2] == "expected  typing"
    assert lines[3].startswith("nearest   no typing is left; of others conversation_created")
    assert any(it.startswith("alice.main") and '"new_message"' in it for it in lines)
    assert lines[-1] == f"again: fynix scenario run {file} --seed 5"


async def test_reports_are_written_for_machines_and_for_browsers(
    terminal: Terminal, tmp_path: Path
) -> None:
    scenario(tmp_path, GOOD, name="good", head=TWO + "matrix: {x: [1, 2]}\n")
    scenario(tmp_path, BAD + "- log: <b>&\n", name="bad")
    scenario(tmp_path, "- alice.fault: {type: $run.stack}", name="ugly")
    junit, report, page = (tmp_path / name for name in ("r.xml", "r.json", "r.html"))

    await terminal.run(
        *("scenario", "run", str(tmp_path), "--jobs", "2"),
        *("--report", f"junit={junit},json={report}", "--report", f"html={page}"),
        expect=ExitCode.ASSERTIONS_FAILED,
    )

    assert cases(junit) == {
        "good [x=1] [embedded]": "passed",
        "good [x=2] [embedded]": "passed",
        "bad [embedded]": "failure",
        "ugly [embedded]": "error",
    }
    suites = read_xml(junit)
    assert {name: suites.attrib[name] for name in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
    }
    told = json.loads(report.read_text())
    assert told["counts"] == {"passed": 2, "failed": 1, "error": 1}
    assert {it["exit_code"] for it in told["scenarios"]} == {0, 8, 2}
    assert "2 of 4 scenarios as they should be" in page.read_text()
    assert "src=" not in page.read_text()


async def test_a_file_that_cannot_be_read_exits_2_and_is_in_the_report(
    terminal: Terminal, tmp_path: Path
) -> None:
    scenario(tmp_path, GOOD, name="good")
    bad = scenario(tmp_path, "- alice.sned: {}", name="bad")
    junit = tmp_path / "r.xml"

    answer = await terminal.run(
        *("scenario", "run", str(tmp_path), "--report", f"junit={junit}"), expect=ExitCode.USAGE
    )

    assert f"{bad}:5:5: there is no step 'sned' of a person (did you mean send?)" in answer.out
    assert cases(junit) == {"bad.fynix.yaml [none]": "error"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--report", "junit"], "'junit' is no report; write it like junit=report.xml"),
        (["--report", "pdf=x"], "'pdf=x' is no report"),
        (["--report", "junit=/no/such/x"], "there is no folder /no/such"),
        (["--var", "x"], "'x' gives no variable a value"),
        (["--var", "x=1"], "no scenario here has a variable 'x'"),
        (["--only", "nothing"], "no scenario is left to play"),
        (["--case", "nothing"], "no scenario is left to play"),
        (["--server", "http://x", "--stack", "full"], "--stack and --instances are of private"),
        (["--server", "nonsense"], "'nonsense' is not the URL of a server"),
        (["--report", "junit=."], ". is a folder"),
        (["--step"], "want a terminal and --jobs 1"),
        (["--jobs", "0"], "Invalid value for '--jobs'"),
        (["nowhere"], "there is no nowhere"),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anything_starts(
    terminal: Terminal, tmp_path: Path, arguments: list[str], text: str
) -> None:
    file = scenario(tmp_path, GOOD)
    codes = {"there is no folder": ExitCode.FAILED, "no scenario is": ExitCode.FAILED}
    codes |= {". is a folder": ExitCode.FAILED}
    code = next((it for start, it in codes.items() if text.startswith(start)), ExitCode.USAGE)

    answer = await terminal.run("scenario", "run", str(file), *arguments, expect=code)

    assert text in answer.err
    assert answer.out == ""


async def test_scenarios_are_chosen_by_tag_and_by_title(terminal: Terminal, tmp_path: Path) -> None:
    head = "actors: {alice: {}}\n"
    scenario(tmp_path, "- log: x", name="a", head=head + "tags: [quick]\nmatrix: {n: [1, 2]}\n")
    scenario(tmp_path, "- log: x", name="b", head=head)

    answer = await terminal.run(
        *("scenario", "run", str(tmp_path), "--only", "quick", "--case", "n=2", "-o", "jsonl")
    )

    (only,) = (json.loads(it) for it in answer.out.splitlines())
    assert only["title"] == "a [n=2]"
    assert only["status"] == "passed"


async def test_a_scenario_is_repeated_up_to_the_first_failure_and_that_turn_can_be_played_again(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = scenario(
        tmp_path,
        "- alice.check: {values: [[$run.number, {lt: 3}]]}\n",
        head="actors: {alice: {connect: false}}\n",
    )

    answer = await terminal.run(
        *("scenario", "run", str(file), "--until-fail", "--seed", "10", "-o", "jsonl"),
        expect=ExitCode.ASSERTIONS_FAILED,
    )

    told = [json.loads(it) for it in answer.out.splitlines()]
    assert [(it["status"], it["turn"]) for it in told] == [
        *(("passed", 1), ("passed", 2), ("failed", 3))
    ]
    assert told[2]["rerun"] == f"fynix scenario run {file} --seed 12"


async def test_the_command_to_play_it_again_tells_no_secret(
    terminal: Terminal, tmp_path: Path
) -> None:
    head = TWO + "vars: {password: , greeting: }\n"
    file = scenario(tmp_path, "- alice.send: {in: nowhere, text: x}", head=head)

    answer = await terminal.run(
        *("scenario", "run", str(file), "--seed", "1"),
        *("--var", "password=hunter2", "--var", "greeting=hello"),
        expect=ExitCode.ASSERTIONS_FAILED,
    )

    assert "hunter2" not in answer.out
    assert f"again: fynix scenario run {file} --seed 1 '--var=password=…' --var=greeting=hello" in (
        answer.out
    )


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no disk that is always full"
)
async def test_a_report_for_which_the_disk_is_full_is_told_and_exits_with_1(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = scenario(tmp_path, "- log: hello")

    answer = await terminal.run(
        *("scenario", "run", str(file), "--report", "junit=/dev/full"), expect=ExitCode.FAILED
    )

    assert answer.out.startswith(f"ok      {file}")
    assert "cannot write /dev/full (No space left on device)" in answer.err


async def test_a_trace_has_all_that_was_said_and_no_secret(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = scenario(
        tmp_path,
        GOOD + "- bob.login:\n- bob.refresh:\n"
        "- bob.request: {path: '/api/users/me?token=$bob.token', headers: {X: $bob.token}}\n"
        "- bob.request: {path: /api/users/me, headers: {Cookie: hunter2, X-Api-Key: hunter2}}\n"
        "- bob.request:\n    method: POST\n    path: /api/auth/login\n"
        '    raw: \'{"username": "bob", "password": "hunter2"}\'\n    expect: 401\n'
        "- bob.request:\n    method: POST\n    path: /api/auth/login\n"
        "    body: {username: bob, password: x, new_password: hunter2}\n    expect: 401\n",
    )

    await terminal.run("scenario", "run", str(file), "--trace", str(tmp_path / "traces"))

    (trace,) = (tmp_path / "traces").iterdir()
    lines = [json.loads(it) for it in trace.read_text().splitlines()]
    assert lines[0]["fynix_trace"] == 1
    kinds = {it["kind"] for it in lines[1:]}
    assert {"step", "request", "answer", "arrived", "line"} <= kinds
    assert [it["body"]["content"] for it in lines if it.get("path", "").endswith("/messages")] == [
        "hello"
    ]
    assert "eyJ" not in trace.read_text()
    assert "hunter2" not in trace.read_text()
    logins = [it["body"] for it in lines if it.get("path") == "/api/auth/login"]
    assert [it["password"] for it in logins if isinstance(it, dict)] == ["[redacted]"] * 2


async def test_a_remote_server_is_talked_to_and_never_touched(
    terminal: Terminal, tmp_path: Path, api: Api
) -> None:
    good = scenario(tmp_path, GOOD, name="good")
    moving = scenario(tmp_path, "- clock.advance: 61s", name="moving")
    breaking = scenario(tmp_path, "- fault: redis_down", name="breaking")
    killing = scenario(tmp_path, "- fault: restart_node", name="killing")

    await terminal.run("scenario", "run", str(good), "--server", api.url, "--repeat", "2")
    for file in (moving, breaking, killing):
        answer = await terminal.run(
            *("scenario", "run", str(file), "--server", api.url), expect=ExitCode.USAGE
        )
        assert "only where the server is private; leave out --server" in answer.out


async def test_a_server_that_is_not_there_is_an_error_and_no_failed_assertion(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = scenario(tmp_path, GOOD)
    junit = tmp_path / "r.xml"

    answer: Answer = await terminal.run(
        *("scenario", "run", str(file), "--server", "http://127.0.0.1:1"),
        *("--report", f"junit={junit}"),
        expect=ExitCode.FAILED,
    )

    assert "there is no server at http://127.0.0.1:" in answer.out
    assert cases(junit) == {"a [remote]": "error"}

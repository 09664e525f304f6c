"""`fynix scenario check`, `list`, `steps` and `new`, as testers type them."""

from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.model.catalogue import PERSONAL
from fynix_cli.scenario.model.flow_steps import FLOW
from fynix_cli.scenario.telling import explain_steps
from tests.cli.terminal import Terminal
from tests.scenario.test_run_command import GOOD
from tests.scenario.writing import scenario


@pytest.fixture
def terminal() -> Terminal:
    return Terminal({})


async def test_check_tells_all_problems_and_exits_2(terminal: Terminal, tmp_path: Path) -> None:
    good = scenario(tmp_path, GOOD, name="good")
    bad = scenario(tmp_path, "- alice.sned: {}\n- wait: soon", name="bad")

    assert (await terminal.run("scenario", "check", str(good))).err == "1 scenario, nothing wrong\n"
    answer = await terminal.run("scenario", "check", str(tmp_path), expect=ExitCode.USAGE)

    assert [it.split(": ")[0] for it in answer.out.splitlines()] == [f"{bad}:5:5", f"{bad}:6:5"]
    assert answer.err == "2 problems\n"


async def test_scenarios_are_listed_with_their_tags_and_people(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = scenario(tmp_path, GOOD, head="actors: {alice: {}, bob: {}}\ntags: [a, b]\n")

    (row,) = await terminal.rows("scenario", "list", str(tmp_path), "--only", "b")

    assert row["file"] == str(file)
    assert (row["tags"], row["people"], row["steps"]) == (["a", "b"], ["alice", "bob"], 3)


async def test_steps_are_explained_with_an_example(terminal: Terminal) -> None:
    everything = await terminal.run("scenario", "steps")
    one = await terminal.run("scenario", "steps", "alice.expect")

    assert len(everything.out.splitlines()) > 35
    assert one.out.startswith("NAME.expect\n  Wait for a live event")
    assert "  where " in one.out
    assert "- bob.expect: {event: new_message" in one.out
    await terminal.run("scenario", "steps", "expct", expect=ExitCode.NOT_FOUND)


@pytest.mark.parametrize("word", [*PERSONAL, *FLOW])
def test_each_step_has_its_fields_explained(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    explain_steps(word)

    told = capsys.readouterr().out
    shape = {**PERSONAL, **FLOW}[word]
    for name, field in shape.model_fields.items():
        assert shape.wraps or f"  {field.alias or name} " in told
    assert told.endswith(f"- {shape.example}\n")


async def test_what_belongs_to_an_expectation_is_explained_with_its_step(
    terminal: Terminal,
) -> None:
    told = (await terminal.run("scenario", "steps", "send")).out

    assert "  expect.status " in told
    assert told.index("  text ") < told.index("  expect ")
    assert "How long the answer may take. Default: 10s." in told


@pytest.mark.parametrize("people", [["alice", "bob"], ["ann", "ben", "cem"]])
async def test_a_scenario_that_is_begun_plays_as_it_stands(
    terminal: Terminal, tmp_path: Path, people: list[str]
) -> None:
    file = tmp_path / "first-steps.fynix.yaml"
    options = [word for name in people for word in ("--with", name)]

    await terminal.run("scenario", "new", str(file), *options)
    await terminal.run("scenario", "run", str(file))
    await terminal.run("scenario", "new", str(file), *options, expect=ExitCode.CONFLICT)
    await terminal.run("scenario", "new", str(file), *options, "--force")
    await terminal.run("scenario", "new", str(tmp_path / "x.yaml"), expect=ExitCode.USAGE)

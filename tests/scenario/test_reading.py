"""What a file may say, and how it is told what is wrong with it."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from fynix_cli.scenario.model.catalogue import PERSONAL
from fynix_cli.scenario.model.flow_steps import FLOW
from fynix_cli.scenario.model.problems import InvalidScenario
from fynix_cli.scenario.model.reading import read_script, variants
from fynix_cli.scenario.model.schema import scenario_schema
from fynix_cli.scenario.model.yaml_places import read_yaml
from tests.scenario.writing import HEAD, TWO, scenario

TOP = HEAD.format("a")
EXAMPLES = Path(__file__).parents[2] / "config" / "scenarios"


def problems(file: Path, **variables: str) -> list[str]:
    """What is wrong, without the file's name."""
    with pytest.raises(InvalidScenario) as caught:
        read_script(file, variables, {})
    return [str(it).removeprefix(f"{file}:") for it in caught.value.problems]


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (
            "- alice.sned: {in: $dm}",
            "5:5: there is no step 'sned' of a person (did you mean send?)",
        ),
        ("- alicia.send: {}", "5:5: nobody here is called 'alicia' (did you mean alice?)"),
        ("- alice.dm: bbo", "5:5: nobody here is called 'bbo' (did you mean bob?)"),
        (
            "- alice.group: {name: x, with: [bob, bbo]}",
            "5:28: nobody here is called 'bbo' (did you mean bob?)",
        ),
        (
            "- bob.fault: {type: dorp, for: 1s}",
            "5:17: there is no fault 'dorp' (did you mean drop?)",
        ),
        ("- alice.send: {in: x, text: y, via: sms}", "5:34: 'via' must be 'rest' or 'live'"),
        (
            "- alice.role: {in: x, who: bob, is: boss}",
            "5:35: 'is' must be 'owner', 'admin' or 'member'",
        ),
        ("- alice.phone.send: {}", "5:5: alice has no device 'phone' (there are main)"),
        ("- repaet: {}", "5:5: there is no step 'repaet' (did you mean repeat?)"),
        ("- alice.delete: {}", "5:5: 'message' is missing"),
        (
            "- alice.delete: {message: x, reason: y}",
            "5:32: there is no 'reason' here (there are expect, message, save, within)",
        ),
        ("- wait: 3 days", "5:5: 'for' must be a time, such as 500ms, 2s or 1m"),
        ("- alice.send: {in: x, text: true}", "5:25: 'text' must be a text; put it in quotes"),
        (
            "- bob.expect: {event: new_mesage}",
            "5:18: there is no event 'new_mesage' (did you mean new_message?)",
        ),
        (
            "- bob.expect: {event: typing, where: {a: {matches: '['}}}",
            "5:41: 'a' `matches` has no regular expression: missing ]: [",
        ),
        (
            "- bob.expect: {event: typing, where: {a: {between: 3}}}",
            "5:41: 'a' `between` wants two numbers, such as [1, 60]",
        ),
        ("- repeat: {do: [{log: x}]}", "5:5: 'repeat' needs either `times` or `each`"),
        ("- bob.typing: {in: x, is: maybe}", "5:25: 'is' must be true or false"),
        ("- log: hello $alcie.id", "5:5: there is no variable 'alcie' (did you mean alice?)"),
        ("- bob.check: {}", "5:5: 'bob.check' checks nothing: say `unread` or `values`"),
        ("- bob.check: {values: [[1, 1]]}", None),
        (
            "- bob.expect: {event: typing, gapless: seq}",
            "5:5: 'bob.expect' `unique_by` and `gapless` are of several events: say the `count`",
        ),
        (
            "- bob.expect: {event: typing, count: 0}",
            "5:5: 'bob.expect' `count` is one at least; that nothing came is `expect_none`",
        ),
        (
            "- bob.expect_none: {event: new_message, where: {mesage.content: x}}",
            "5:5: 'bob.expect_none' no frame of type new_message has 'mesage.content'; "
            "did you mean message.content?",
        ),
        ("- wait: -1", "5:5: 'for' must be a time, such as 500ms, 2s or 1m"),
        (
            "- bob.request: {path: 'http://other/'}",
            "5:19: 'path' must begin with one slash: it is a path at this server",
        ),
        ("- repeat: {times: 2, do: []}", "5:24: 'do' must not be empty"),
        (
            "- do: [{alice.dm: {with: bob, save: dm}}, {alice.send: {in: dm, text: x}}]",
            "5:46: 'dm' is a text here, and no variable (write $dm)",
        ),
        ("- log: only $$5", None),
        ("- log: $five", "5:5: there is no variable 'five' (write $$ for a dollar sign)"),
        (
            "- log: ${env.NOPE}",
            "5:5: the environment has no NOPE (set it: NOPE=… fynix scenario run)",
        ),
        ("- log: ${run.sede}", "5:5: there is no run.sede (did you mean seed?)"),
        (
            "- {log: x, wait: 1s}",
            "5:5: a step is one name and what belongs to it "
            "(such as - alice.send: {in: $dm, text: hello})",
        ),
    ],
)
def test_a_mistake_in_a_step_is_told_with_its_place_and_the_mend(
    tmp_path: Path, step: str, problem: str | None
) -> None:
    file = scenario(tmp_path, step)

    if problem is None:
        assert len(read_script(file).steps) == 1
    else:
        assert problems(file)[0] == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: this file is empty (begin one with: fynix scenario new)"),
        ("- a", "1:1: a scenario is a mapping (fynix: 1, name: …)"),
        ("a: [", "2:1: this is not YAML: did not find expected node content"),
        ("a: 1\na: 2\n", "2:1: 'a' stands here twice"),
        ("a: !!python/object:os.system x", "1:4: there are no tags such as tag:yaml.org"),
        (
            "a:\n\tb: 1",
            "2:1: this is not YAML: found character that cannot start any token (indent",
        ),
        ("a: !x y", "1:4: there are no tags such as !x here (leave it out)"),
        ("? [a]\n: b", "1:3: a key must be a plain word"),
        (
            TOP + "actors: {env: {}}\nsteps: [{log: x}]",
            "3:10: nobody can be called 'env'",
        ),
        (
            TOP + "actors: {Alice: {}}\nsteps: [{log: x}]",
            "3:10: 'Alice' cannot be called so",
        ),
        (TOP + "actors: {}\nsteps: [{log: x}]", "3:1: 'actors'"),
        (TOP + TWO, "1:1: 'steps' is missing"),
        (TOP + TWO + "steps: {}", "4:1: 'steps' must be a list, such as [a, b]"),
        (
            TOP + TWO + "server: {settings: {rate_limit_message: 1/1}}\nsteps: [{log: x}]",
            "4:10: there is no setting 'rate_limit_message' here",
        ),
        (
            TOP + TWO + "server: {settings: {database_url: x}}\nsteps: [{log: x}]",
            "4:10: there is no setting 'database_url' here",
        ),
        (
            TOP + TWO + "vars: {a: }\nsteps: [{log: x}]",
            "4:8: the variable 'a' has no value",
        ),
        (
            TOP + TWO + "vars: {a: $alice.id}\nsteps: [{log: x}]",
            "4:8: 'alice.id' has no value before the first step (use a `let` step)",
        ),
        (
            TOP + TWO + "invariants: {no_gap: false}\nsteps: [{log: x}]",
            "4:1: there is no invariant 'no_gap' (did you mean no_gaps?)",
        ),
        (TOP.replace("1", "2") + TWO + "steps: [{log: x}]", "1:1: 'fynix' must be 1"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(
    tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / "a.fynix.yaml"
    file.write_text(text)

    assert problems(file)[0].startswith(problem)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    file = scenario(tmp_path, "- alice.sned: {}\n- wait: soon\n- bob.expect: {evnt: typing}")

    assert [it.split(":")[0] for it in problems(file)] == ["5", "6", "7", "7"]


def test_words_that_older_yaml_took_for_something_else_are_texts(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("[no, on, 1:30, 2026-11-29, 0o7, 1e3, .5, -4, ~, true, '5', 0x1f, NaN]")

    assert read_yaml(file).value == [
        *("no", "on", "1:30", "2026-11-29", "0o7", 1000.0, 0.5, -4, None, True, "5", "0x1f", "NaN")
    ]


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    assert problems(tmp_path / "a.fynix.yaml") == [
        "1:1: cannot be read (No such file or directory)"
    ]


def test_a_cycle_of_includes_is_told_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("- include: c.yaml\n")
    (tmp_path / "c.yaml").write_text("- include: b.yaml\n")
    file = scenario(tmp_path, "- include: b.yaml")

    with pytest.raises(InvalidScenario) as caught:
        read_script(file)

    (problem,) = caught.value.problems
    assert str(problem.place) == f"{tmp_path / 'c.yaml'}:1:3"
    assert problem.text == "this file includes itself: a.fynix.yaml → b.yaml → c.yaml → b.yaml"


def test_a_mistake_in_an_included_file_is_told_at_its_place_there(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("steps:\n  - log: fine\n  - alice.sned: {}\n")

    with pytest.raises(InvalidScenario) as caught:
        read_script(scenario(tmp_path, "- include: {file: b.yaml}"))

    assert str(caught.value.problems[0].place) == f"{tmp_path / 'b.yaml'}:3:5"


def test_a_matrix_makes_a_scenario_of_each_choice(tmp_path: Path) -> None:
    file = scenario(tmp_path, "- log: $a $b", head=TWO + "matrix: {a: [1, 2], b: [x, y]}\n")

    titles = [it.title for it in variants(read_script(file))]

    assert titles == [f"a [a={a}, b={b}]" for a in (1, 2) for b in "xy"]


def test_a_variable_without_a_value_gets_it_from_outside(tmp_path: Path) -> None:
    file = scenario(tmp_path, "- log: $a", head=TWO + "vars: {a: }\n")

    assert read_script(file, {"a": "given"}).document.vars == {"a": "given"}
    assert read_script(file, {"a": "given", "b": "another's"}).document.vars == {"a": "given"}


def test_the_schema_that_ships_is_current() -> None:
    shipped = json.loads((EXAMPLES / "fynix.schema.json").read_text())

    assert shipped == scenario_schema(), "renew it with: make reference"


def test_the_schema_accepts_every_scenario_that_ships() -> None:
    validator = jsonschema_rs.validator_for(scenario_schema())
    files = sorted(EXAMPLES.glob("*.fynix.yaml"))

    assert len(files) >= 15
    for file in files:
        found = [
            f"{it.instance_path} {it.message}"
            for it in validator.iter_errors(read_yaml(file).value)
        ]
        assert not found, (file, found)


@pytest.mark.parametrize(
    "step",
    [
        "- alice.sned: {}",
        "- alice.send: {in: $dm, txet: x}",
        "- alice.send: {text: x}",
        "- wait: 3 days",
        "- repeat: {times: many, do: [{log: x}]}",
        "- repeat: {times: 1, do: [{lgo: x}]}",
        "- bob.expect: {event: new_mesage}",
        "- {log: x, wait: 1s}",
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(tmp_path: Path, step: str) -> None:
    file = scenario(tmp_path, step)
    validator = jsonschema_rs.validator_for(scenario_schema())

    with pytest.raises(InvalidScenario):
        read_script(file)
    assert not validator.is_valid(read_yaml(file).value)


@pytest.mark.parametrize("word", [*PERSONAL, *FLOW])
def test_the_example_of_every_step_can_be_read(tmp_path: Path, word: str) -> None:
    shape = {**PERSONAL, **FLOW}[word]
    (tmp_path / "open-dm.yaml").write_text("- log: $greeting\n")
    head = "actors: {alice: {}, bob: {devices: [main, phone, laptop]}, carol: {}}\n"
    saved = ", ".join(f"{name}: x" for name in ("dm", "group", "m1", "message"))

    file = scenario(tmp_path, f"- let: {{{saved}}}\n- {shape.example}", head=head)

    assert len(read_script(file).steps) == 2
    assert shape.__doc__

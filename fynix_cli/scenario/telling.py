"""The work behind `fynix scenario check`, `list`, `steps` and `schema`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import OutputFormat, emit, print_rows, talk, to_json
from fynix_cli.scenario.model.catalogue import PERSONAL
from fynix_cli.scenario.model.flow_steps import FLOW
from fynix_cli.scenario.model.problems import InvalidScenario, did_you_mean
from fynix_cli.scenario.model.reading import read_script, scenario_files, variants
from fynix_cli.scenario.model.script import Script
from fynix_cli.scenario.model.step_shapes import StepArgs
from fynix_cli.scenario.running import parse_variables


def check_files(paths: Sequence[Path], variables: Sequence[str]) -> None:
    """Raises: Exit (2: something is wrong), CommandError."""
    given = parse_variables(variables)
    files = scenario_files(list(paths))
    count = 0
    for file in files:
        try:
            read_script(file, given)
        except InvalidScenario as error:
            count += len(error.problems)
            for problem in error.problems:
                emit(str(problem))
    if count:
        talk(f"{count} problem{'s' if count > 1 else ''}")
        raise typer.Exit(ExitCode.USAGE)
    talk(f"{len(files)} scenario{'s' if len(files) > 1 else ''}, nothing wrong")


def list_scenarios(paths: Sequence[Path], tags: frozenset[str], output: OutputFormat) -> None:
    """Raises: CommandError."""
    rows = []
    for file in scenario_files(list(paths)):
        try:
            script = read_script(file)
        except InvalidScenario as error:
            talk(str(error))
            continue
        if not tags or tags & set(script.document.tags):
            rows += [_row(it) for it in variants(script)]
    columns = ("file", "name", "tags", "people", "steps")
    print_rows(rows, columns, output, "No scenario has that tag.")


def _row(script: Script) -> dict[str, Any]:
    return {
        "file": str(script.file),
        "name": script.title,
        "tags": list(script.document.tags),
        "people": list(script.document.actors),
        "steps": len(script.steps),
        "description": script.document.description,
    }


def explain_steps(name: str | None) -> None:
    """Raises: CommandError (there is no such step)."""
    known = {**PERSONAL, **FLOW}
    if name is None:
        for word, shape in known.items():
            emit(f"{_written(word):22} {_first_line(shape)}")
        return
    word = name.split(".")[-1] if name not in known else name
    if word not in known:
        raise CommandError(
            f"there is no step {name!r}",
            hint=did_you_mean(word, known) or "fynix scenario steps lists them",
            exit_code=ExitCode.NOT_FOUND,
        )
    for line in explained(word, known[word]):
        emit(line)


def explained(word: str, shape: type[StepArgs]) -> Iterator[str]:
    """A step in lines: what it does, its fields, and an example."""
    from fynix_cli.scenario.model.schema import described_fields

    yield _written(word)
    for line in (shape.__doc__ or "").strip().splitlines():
        yield f"  {line.strip()}" if line.strip() else ""
    fields = described_fields(shape)
    if fields:
        yield ""
    for name, field in fields.items():
        default = field.get("default")
        notes = [field.get("description", "")]
        if field["is_required"]:
            notes.append("Required.")
        elif default not in (None, [], {}):
            notes.append(f"Default: {_default(field)}.")
        short = " (may stand alone)" if shape.shorthand in (name, f"{name}_") else ""
        yield f"  {name:18} {' '.join(notes)}{short}"
    yield ""
    yield f"  - {shape.example}"


def _default(field: dict[str, Any]) -> str:
    value = field["default"]
    if not isinstance(value, float):
        return to_json(value)
    is_time = any("(ms|s|m|h)" in it.get("pattern", "") for it in field.get("anyOf", ()))
    return f"{value:g}s" if is_time else f"{value:g}"


def _written(word: str) -> str:
    return word if word in FLOW and word not in PERSONAL else f"NAME.{word}"


def _first_line(shape: type[StepArgs]) -> str:
    return (shape.__doc__ or "").strip().splitlines()[0]


def print_schema() -> None:
    from fynix_cli.scenario.model.schema import scenario_schema

    emit(to_json(scenario_schema(), indent=2))

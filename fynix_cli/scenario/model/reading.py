"""Reading a scenario file: a script that can be played, or every problem that it has."""

import itertools
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.file_names import SUFFIXES
from fynix_cli.scenario.model.catalogue import RESERVED
from fynix_cli.scenario.model.document import Document
from fynix_cli.scenario.model.problems import InvalidScenario, Problem, did_you_mean
from fynix_cli.scenario.model.script import Script
from fynix_cli.scenario.model.step_reader import StepReader
from fynix_cli.scenario.model.variables_check import check_variables
from fynix_cli.scenario.model.wording import problems_of
from fynix_cli.scenario.model.yaml_places import Located, read_yaml

MAX_VARIANTS = 1000


def read_script(
    file: Path,
    given: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Script:
    """The scenario in `file`; `given`: variables of --var, which go before the file's own. Those
    that it does not have are of another file.

    Raises: InvalidScenario, with all that is wrong, each at its line and column.
    """
    located = read_yaml(file)
    problems: list[Problem] = []
    document = _document(located, problems)
    reader = StepReader(located, _devices(located.value), problems)
    raw = located.value.get("steps") if isinstance(located.value, dict) else None
    steps = reader.read(raw, ("steps",))
    if document is None or problems:
        raise InvalidScenario(sorted(problems, key=lambda it: (it.place.line, it.place.column)))
    given = given or {}
    script = Script(file, _with_given(document, given), steps)
    env = os.environ if environment is None else environment
    problems = _too_many(document, located) + check_variables(
        Script(file, document, steps), located, given, env
    )
    if problems:
        raise InvalidScenario(problems)
    return script


def variants(script: Script) -> list[Script]:
    """One script for each choice from its matrix; without a matrix, itself."""
    matrix = script.document.matrix
    chosen = itertools.product(*matrix.values())
    return [replace(script, choices=dict(zip(matrix, values, strict=True))) for values in chosen]


def scenario_files(paths: list[Path]) -> list[Path]:
    """The scenario files among `paths` and in the folders there, each once, in order.

    Raises: CommandError (a path is not there, or nothing is found).
    """
    found = list(dict.fromkeys(file for path in paths for file in _files_at(path)))
    if not found:
        where = " ".join(str(path) for path in paths)
        raise CommandError(
            f"no scenario in {where}",
            hint="they are called NAME.fynix.yaml; begin one with: fynix scenario new",
            exit_code=ExitCode.USAGE,
        )
    return found


def _files_at(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(it for it in path.rglob("*.fynix.y*ml") if it.name.endswith(SUFFIXES))
    elif path.exists():
        yield path
    else:
        raise CommandError(f"there is no {path}", exit_code=ExitCode.USAGE)


def check_given(scripts: Iterable[Script], given: Mapping[str, str]) -> None:
    """Refuse a variable that no scenario has. Raises: CommandError."""
    known = {name for script in scripts for name in script.document.vars}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known)
            raise CommandError(
                f"no scenario here has a variable {name!r}", hint=hint, exit_code=ExitCode.USAGE
            )


def _document(located: Located, problems: list[Problem]) -> Document | None:
    if not isinstance(located.value, dict):
        problems.append(Problem(located.place(), "a scenario is a mapping", "fynix: 1, name: …"))
        return None
    try:
        document = Document.model_validate(located.value)
    except ValidationError as error:
        problems += problems_of(error, Document, located, ())
        return None
    for name in document.actors:
        if name in RESERVED:
            place = located.place(("actors", name))
            problems.append(Problem(place, f"nobody can be called {name!r}", "it means a step"))
    return document


def _too_many(document: Document, located: Located) -> list[Problem]:
    count = math.prod(len(values) for values in document.matrix.values())
    if count <= MAX_VARIANTS:
        return []
    text = f"this matrix would be played {count} times, and {MAX_VARIANTS} is the most"
    return [Problem(located.place(("matrix",)), text, "split the file")]


def _devices(value: Any) -> dict[str, list[str]]:
    """The devices of each actor, as far as they can be told."""
    actors = value.get("actors") if isinstance(value, dict) else None
    found = {}
    for name, actor in (actors if isinstance(actors, dict) else {}).items():
        devices = actor.get("devices", ["main"]) if isinstance(actor, dict) else ["main"]
        found[name] = devices if isinstance(devices, list) else ["main"]
    return found


def _with_given(document: Document, given: Mapping[str, str]) -> Document:
    ours = {name: value for name, value in given.items() if name in document.vars}
    return document.model_copy(update={"vars": {**document.vars, **ours}})

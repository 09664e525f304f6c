"""Steps as they stand in a file, turned into shapes; every problem is noted at its place."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fynix_cli.scenario.model.catalogue import UnknownStep, parse_name, shape_of
from fynix_cli.scenario.model.flow_steps import Include
from fynix_cli.scenario.model.problems import InvalidScenario, Problem, did_you_mean
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.step_shapes import StepArgs
from fynix_cli.scenario.model.values import is_reference
from fynix_cli.scenario.model.wording import problems_of
from fynix_cli.scenario.model.yaml_places import Located, ValuePath, read_yaml

_BLOCKS = ("do", "steps", "then", "else")
MAX_INCLUDES = 20


class StepReader:
    """Reads the steps of one file, and of those that it includes.

    `devices`: those of each actor; `problems`: where what is wrong is noted.
    """

    def __init__(
        self,
        located: Located,
        devices: dict[str, list[str]],
        problems: list[Problem],
        including: tuple[Path, ...] = (),
    ) -> None:
        self._located = located
        self._devices = devices
        self._problems = problems
        self._including = (*including, located.file.resolve())

    def read(self, steps: Any, path: ValuePath, prefix: str = "") -> tuple[Step, ...]:
        """The steps in the list `steps`, which stands at `path`."""
        if not isinstance(steps, list):
            return ()
        found = (
            self._step(it, (*path, index), f"{prefix}{index + 1}") for index, it in enumerate(steps)
        )
        return tuple(it for it in found if it is not None)

    def _step(self, raw: Any, path: ValuePath, number: str) -> Step | None:
        if not isinstance(raw, dict) or len(raw) != 1:
            hint = "such as - alice.send: {in: $dm, text: hello}"
            self._note(path, "a step is one name and what belongs to it", hint)
            return None
        ((written, value),) = raw.items()
        path = (*path, written)
        try:
            name = parse_name(written, self._devices)
        except UnknownStep as error:
            self._note(path, str(error), error.hint)
            return None
        try:
            args = shape_of(name).model_validate(value)
        except ValidationError as error:
            self._problems += problems_of(error, shape_of(name), self._located, path)
            return None
        self._check_people(args, value, path)
        blocks = self._blocks(value, path, number)
        if isinstance(args, Include):
            blocks = {"file": self._included(args, path, number)}
        return Step(name, written, number, self._located.place(path), args, blocks)

    def _check_people(self, args: StepArgs, value: Any, path: ValuePath) -> None:
        """Whoever is meant takes part; an id of somebody else comes from a variable."""
        for field in ("with", "who"):
            named = getattr(args, f"{field}_", None) or getattr(args, field, None) or ()
            for name in [named] if isinstance(named, str) else named:
                if not is_reference(name) and name not in self._devices:
                    where = (*path, field) if isinstance(value, dict) else path
                    hint = did_you_mean(name, self._devices)
                    self._note(where, f"nobody here is called {name!r}", hint)

    def _blocks(self, value: Any, path: ValuePath, number: str) -> dict[str, tuple[Step, ...]]:
        if isinstance(value, list):  # parallel and do, in short
            return {"steps": self.read(value, path, f"{number}.")}
        if not isinstance(value, dict):
            return {}
        return {
            word: self.read(value[word], (*path, word), f"{number}.{word}.")
            for word in _BLOCKS
            if isinstance(value.get(word), list)
        }

    def _included(self, args: Include, path: ValuePath, number: str) -> tuple[Step, ...]:
        file = self._located.file.parent / args.file
        if file.resolve() in self._including:
            chain = " → ".join(it.name for it in (*self._including, file))
            self._note(path, f"this file includes itself: {chain}", "leave one of them out")
            return ()
        if len(self._including) > MAX_INCLUDES:
            self._note(path, f"files are included more than {MAX_INCLUDES} deep")
            return ()
        try:
            located = read_yaml(file)
        except InvalidScenario as error:
            self._note(path, f"cannot include {args.file}: {error}")
            return ()
        reader = StepReader(located, self._devices, self._problems, self._including)
        return reader.read_file(f"{number}.")

    def read_file(self, prefix: str) -> tuple[Step, ...]:
        """The steps of an included file: a list, or a mapping with `steps`."""
        value = self._located.value
        if isinstance(value, dict):
            unknown = sorted(set(value) - {"steps", "fynix"})
            if unknown or not isinstance(value.get("steps"), list):
                hint = did_you_mean(unknown[0], ["steps"]) if unknown else None
                what = "an included file holds `steps` and nothing else"
                self._note((unknown[0],) if unknown else (), what, hint)
            return self.read(value.get("steps"), ("steps",), prefix)
        if not isinstance(value, list):
            self._note((), "an included file holds a list of steps")
        return self.read(value, (), prefix)

    def _note(self, path: ValuePath, text: str, hint: str | None = None) -> None:
        self._problems.append(Problem(self._located.place(path), text, hint))

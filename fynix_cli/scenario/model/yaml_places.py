"""Reading YAML so that each value's place in the file is known, and nothing surprises."""

import math
import re
from pathlib import Path
from typing import Any

import yaml

from fynix_cli.scenario.model.problems import InvalidScenario, Place, Problem

MAX_BYTES = 1024 * 1024
MAX_VALUES = 100_000
"""With what aliases repeat, which a small file can blow up without an end."""
MAX_DEPTH = 60

ValuePath = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NAMED: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_PLAIN_TAGS = tuple(
    f"tag:yaml.org,2002:{name}"
    for name in ("bool", "float", "int", "map", "merge", "null", "seq", "str", "timestamp", "value")
)
"""What a value has that was given no tag."""
_QUOTED = ("'", '"', "|", ">")


class Located:
    """A YAML document as Python values, and where each of them stands."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.value: Any = None
        self._places: dict[ValuePath, Place] = {}

    def place(self, path: ValuePath = ()) -> Place:
        """Where the value at `path` begins, or its key; of one that is missing, what it is
        missing from."""
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, Place(self.file, 1, 1))

    def note(self, path: ValuePath, mark: Any) -> None:
        self._places[path] = Place(self.file, mark.line + 1, mark.column + 1)


_TAB_MEND = "indent with spaces, not tabs; put a text that begins with @, ` or % in quotes"


def read_yaml(file: Path) -> Located:
    """Raises: InvalidScenario (not there, too large, not YAML), saying where."""
    located = Located(file)
    try:
        node = yaml.compose(_text_of(file), Loader=_loader())
    except yaml.MarkedYAMLError as error:
        if error.problem_mark is not None:
            located.note((), error.problem_mark)
        what = f"this is not YAML: {error.problem or error.context}"
        hint = _TAB_MEND if "cannot start any token" in what else None
        raise _invalid(located, what, hint) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _invalid(located, f"this is not YAML: {_first_line(error)}") from None
    if node is None:
        raise _invalid(located, "this file is empty", "begin one with: fynix scenario new")
    located.value = _Builder(located).build(node, ())
    return located


def _loader() -> type:
    # The C one is ten times as fast; not every platform's wheel has it.
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _text_of(file: Path) -> str:
    located = Located(file)
    if file.exists() and not file.is_file():
        # A pipe, say, at which reading would wait for ever.
        raise _invalid(located, "is no file")
    try:
        with file.open("rb") as source:
            content = source.read(MAX_BYTES + 1)
    except OSError as error:
        raise _invalid(located, f"cannot be read ({error.strerror})") from None
    if len(content) > MAX_BYTES:
        raise _invalid(
            located,
            f"this file is larger than {MAX_BYTES // 1024} KiB",
            "split it, and put what is shared into files to include",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        place = Place(file, line, 1)
        raise InvalidScenario([Problem(place, "this is not UTF-8 text")]) from None


class _Builder:
    """Turns nodes into values. YAML 1.2's words only: `no` is a text, and `1:30` no number."""

    def __init__(self, located: Located) -> None:
        self._located = located
        self._count = 0

    def build(self, node: yaml.Node, path: ValuePath) -> Any:
        self._located.note(path, node.start_mark)
        self._count += 1
        if self._count > MAX_VALUES or len(path) > MAX_DEPTH:
            kind = "nested too deeply" if len(path) > MAX_DEPTH else "more than can be read"
            raise _invalid(self._located, f"this is {kind}", path=path)
        if not node.tag.startswith(_PLAIN_TAGS):
            raise self._at(node, f"there are no tags such as {node.tag} here", "leave it out")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(it, (*path, index)) for index, it in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: ValuePath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._at(key_node, "a key must be a plain word")
            key = key_node.value
            if key in found:
                raise self._at(key_node, f"{key!r} stands here twice")
            found[key] = self.build(value_node, (*path, key))
            # Of a mapping or a list the key says better where it is.
            self._located.note((*path, key), key_node.start_mark)
        return found

    def _scalar(self, node: yaml.Node, path: ValuePath) -> Any:
        text = str(node.value)
        if getattr(node, "style", None) in _QUOTED:
            return text
        if text in _NAMED:
            return _NAMED[text]
        if _INTEGER.fullmatch(text):
            return int(text) if len(text) <= 30 else text
        if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        return text

    def _at(self, node: yaml.Node, text: str, hint: str | None = None) -> InvalidScenario:
        mark = node.start_mark
        place = Place(self._located.file, mark.line + 1, mark.column + 1)
        return InvalidScenario([Problem(place, text, hint)])


def _invalid(
    located: Located, text: str, hint: str | None = None, path: ValuePath = ()
) -> InvalidScenario:
    return InvalidScenario([Problem(located.place(path), text, hint)])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else "it is nested too deeply"

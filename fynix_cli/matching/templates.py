"""A line with `{path}` in it, filled in from a frame."""

from collections.abc import Collection
from dataclasses import dataclass
from string import Formatter

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.matching.fields import MISSING, check_path, look_up, text_of
from fynix_cli.output import JsonObject, visible


@dataclass(frozen=True)
class Template:
    """Pieces of a line: text as it stands, and the path whose value follows it (None: nothing)."""

    pieces: tuple[tuple[str, str | None], ...]

    def fill(self, item: JsonObject) -> str:
        """The line for `item`, a frame as JSON. What it lacks, and null, is left empty.

        Values are made visible, for others wrote them; what stands between is the caller's own.
        """
        return "".join(
            text + ("" if path is None else _shown(item, path)) for text, path in self.pieces
        )


def parse_template(text: str, types: Collection[str]) -> Template:
    """`text` as a template for frames of `types` (empty: of any). `{{` and `}}` are braces.

    Raises: CommandError (a brace alone, or a path that no such frame has).
    """
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise _usage(f"there is a brace alone in {text!r}") from None
    for _, path, width, conversion in parts:
        if path is None:
            continue
        if width or conversion:
            raise _usage(f"only a path can stand between braces, in {text!r}")
        check_path(path, types)
    return Template(tuple((literal, path) for literal, path, _, _ in parts))


def _shown(item: JsonObject, path: str) -> str:
    found = look_up(item, path)
    return "" if found is MISSING or found is None else visible(text_of(found))


def _usage(problem: str) -> CommandError:
    return CommandError(
        problem,
        hint="write it like '{message.sender_username}: {message.content}', and {{ for a {",
        exit_code=ExitCode.USAGE,
    )

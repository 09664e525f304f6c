"""A group of commands whose modules are imported only when one of them runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True)
class LazyCommand:
    """Where a command is, as `module:function` or `module:Typer app`, and its line in the help.

    The line stands here because reading it from the command would import the command.
    """

    target: str
    help: str


class _Placeholder(TyperCommand):
    """Stands in the list of commands for one that nobody has called."""


def lazy_group(
    commands: Mapping[str, LazyCommand], sections: Mapping[str, Sequence[str]] | None = None
) -> type[TyperGroup]:
    """The class of a group that lists `commands` and loads the one that is called.

    `sections`: the names below each heading of the list; without them there is one.
    """

    class LazyGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            for name, command in commands.items():
                self.add_command(_Placeholder(name=name, help=command.help, rich_markup_mode=None))

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            width = max(map(len, commands))
            for heading, names in (sections or {"Commands": [*commands]}).items():
                with formatter.section(heading):
                    formatter.write_dl([(it.ljust(width), commands[it].help) for it in names])

        # Both running a command and completing its options come through here; listing does not.
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name, command, rest = super().resolve_command(ctx, args)
            if name is not None and isinstance(command, _Placeholder):
                command = _loaded(name, commands[name].target)
                self.add_command(command, name)
            return name, command, rest

    return LazyGroup


_COMPLETION_OPTIONS = {"install_completion", "show_completion"}


def _loaded(name: str, target: str) -> Any:
    module_name, _, attribute = target.partition(":")
    found: typer.Typer | Callable[..., None] = getattr(import_module(module_name), attribute)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer()
        found.command(name)(function)
    found.rich_markup_mode = None
    command = get_command(found)
    command.name = name
    # Typer offers it for every app; it is installed once, for all of `fynix`.
    command.params = [it for it in command.params if it.name not in _COMPLETION_OPTIONS]
    return command

"""What each command says of itself: its usage, its help, its arguments and options."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

PLAIN_KINDS = {
    "str": "TEXT",
    "int": "NUMBER",
    "int range": "NUMBER",
    "float": "NUMBER",
    "float range": "NUMBER",
    "path": "PATH",
}


@dataclass(frozen=True)
class Parameter:
    """An argument or option as its line in the help has it; empty: it has none.

    `kind` is what its value is called; `choices` are all that it can be.
    """

    names: str
    kind: str
    choices: tuple[str, ...]
    meaning: str
    default: str
    variable: str
    limits: str


@dataclass(frozen=True)
class Entry:
    """A command and what is said of it."""

    path: str
    usage: str
    summary: str
    help: str
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]


def entries() -> Iterator[Entry]:
    """`fynix` itself and every command below it, each group before its commands."""
    # Here, since `main` need not know of this package, and this one knows all of it.
    from fynix_cli.main import app

    command = typer.main.get_command(app)
    yield from _entries(command, typer.Context(command, info_name="fynix"))


def _entries(command: Any, context: typer.Context) -> Iterator[Entry]:
    yield _entry(command, context)
    if not isinstance(command, TyperGroup):
        return
    for name in command.list_commands(context):
        # Not `get_command`: this is what loads a command that is loaded late.
        _, below, _ = command.resolve_command(context, [name])
        if below is not None and not below.hidden:
            yield from _entries(below, typer.Context(below, info_name=name, parent=context))


def _entry(command: Any, context: typer.Context) -> Entry:
    # Typer puts braces around what must be given; everywhere else that is written plainly.
    pieces = [re.sub(r"^\{(.+)\}", r"\1", it) for it in command.collect_usage_pieces(context)]
    shown = [it for it in command.get_params(context) if not getattr(it, "hidden", False)]
    return Entry(
        path=context.command_path,
        usage=" ".join([context.command_path, *pieces]),
        summary=command.get_short_help_str(limit=200),
        help=command.help or "",
        arguments=_parameters(shown, "argument", context),
        options=_parameters(shown, "option", context),
    )


def _parameters(shown: list[Any], kind: str, context: typer.Context) -> tuple[Parameter, ...]:
    mine = (it for it in shown if it.param_type_name == kind)
    return tuple(_parameter(*it.get_help_record(context)) for it in mine)


def _parameter(title: str, text: str) -> Parameter:
    """From its line in the help: `--limit <int range>`, `At most.  [default: 20; x>=1]`."""
    brackets = re.search(r"(?:^|  )\[([^\[\]]+)\]$", text)
    extras = brackets[1].split("; ") if brackets else []
    names, kind = _names_and_kind(title)
    # One that may be given several times is called a list of what it can be.
    choices = kind.removeprefix("list[").removesuffix("]")
    meaning, default = _meaning_and_default(text[: brackets.start()] if brackets else text)
    return Parameter(
        names=names,
        kind="" if "|" in kind else kind,
        choices=tuple(choices.split("|")) if "|" in choices else (),
        meaning=meaning,
        default=_after("default: ", extras) or default,
        variable=_after("env var: ", extras),
        limits=_limits(extras),
    )


def _names_and_kind(title: str) -> tuple[str, str]:
    """`-o, --output <table|json>` in its two parts, or `--as NAME` in its two."""
    value = re.search(r" ([^-/\s].*)$", title)
    if value is None:
        return title, ""
    kind = value[1].removeprefix("<").removesuffix(">")
    return title[: value.start()], PLAIN_KINDS.get(kind, kind)


def _meaning_and_default(text: str) -> tuple[str, str]:
    """Some say their default at the end of the text, where it is no mere value."""
    meaning, _, default = text.partition(" Default: ")
    return meaning, default.removesuffix(".")


def _after(label: str, extras: list[str]) -> str:
    return next((it.removeprefix(label) for it in extras if it.startswith(label)), "")


def _limits(extras: list[str]) -> str:
    for extra in extras:
        between = re.fullmatch(r"(\S+)<=x<=(\S+)", extra)
        if between:
            return f"{between[1]} to {between[2]}"
        at_least = re.fullmatch(r"x>=(\S+)", extra)
        if at_least:
            return f"at least {at_least[1]}"
    return ""

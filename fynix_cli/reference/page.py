"""The whole of docs/cli.md."""

import re
from collections.abc import Iterable, Mapping, Sequence

from fynix_cli.chat.sinks import EVENT_VARIABLES
from fynix_cli.exit_codes import ExitCode
from fynix_cli.reference.prose import inline, markdown
from fynix_cli.reference.tree import Entry, Parameter, entries

HEAD = """\
# The command line

`make reference` writes this page from the commands themselves: it says what `--help` says.

Data goes to stdout, talk to stderr. `-o json` and `-o jsonl` print what scripts can read; their
keys are a contract, and so are the [exit codes](#exit-codes). Later commands act as whoever logged
in last; `--as NAME` picks another login of this machine.

## Completion

`fynix --install-completion`, typed once in bash, zsh or fish, makes that shell complete commands,
options, their values where there are few (`fynix tail --output` and Tab), and your logins after
`--as`; begin a new shell afterwards. `fynix --show-completion` prints the script instead, for those
who would rather place it themselves. Both take the shell that they are typed in; where that cannot
be told, name it in the file with which the shell begins:

```sh
eval "$(_FYNIX_COMPLETE=source_bash fynix)"    # bash: ~/.bashrc
eval "$(_FYNIX_COMPLETE=source_zsh fynix)"     # zsh: ~/.zshrc, after compinit
_FYNIX_COMPLETE=source_fish fynix | source     # fish: ~/.config/fish/config.fish
```

Completing asks no server."""

_EXIT_CODES_IN_HELP = re.compile(r"\x08\nExit codes:\n(?:.+\n)+\n")
"""They have a table of their own."""

OTHER_VARIABLES = {
    "FYNIX_PASSWORD": "the password of `login`, `user create` and `seed`, in place of a prompt",
    "FYNIX_CONFIG_DIR": "the folder that logins are kept in, in place of the platform's own",
    "FYNIX_DEBUG": "`1`: a failure shows its traceback",
    "NO_COLOR": "set to anything: no colours",
}
"""Variables that commands read and that stand for no option."""


def reference() -> str:
    """docs/cli.md, the same in every environment and at every width of terminal."""
    told = list(entries())
    sections = [
        HEAD,
        _contents(told),
        _exit_codes(),
        _variables(told),
        *(_section(entry) for entry in told),
    ]
    return "\n\n".join(sections) + "\n"


def terminal_variables() -> dict[str, str]:
    """Every variable that the commands read or set themselves, and what it is for."""
    return _all_variables(entries())


def _all_variables(told: Iterable[Entry]) -> dict[str, str]:
    options = {
        option.variable: f"`{option.names}`"
        for entry in told
        for option in entry.options
        if option.variable
    }
    of_events = {
        name: "set for `fynix tail --exec`: " + " or ".join(f"`{path}`" for path in paths)
        for name, paths in EVENT_VARIABLES.items()
    }
    return {**options, **OTHER_VARIABLES, **of_events}


def _contents(told: Sequence[Entry]) -> str:
    rows = [(f"[{it.path}](#{it.path.replace(' ', '-')})", inline(it.summary)) for it in told]
    return "## Commands\n\n" + _table(("command", ""), rows)


def _exit_codes() -> str:
    rows = [(str(int(code)), inline(code.meaning)) for code in ExitCode]
    return "## Exit codes\n\n" + _table(("code", "meaning"), rows)


def _variables(told: Iterable[Entry]) -> str:
    rows = [(f"`{name}`", meaning) for name, meaning in _all_variables(told).items()]
    after = (
        "An option wins over its variable. What runs a server or acts on a database also reads\n"
        "the settings of [config/fynix.env.example](../config/fynix.env.example)."
    )
    return f"## Environment\n\n{_table(('variable', 'stands for'), rows)}\n\n{after}"


def _section(entry: Entry) -> str:
    level = "##" if entry.path.count(" ") < 2 else "###"
    options = [it for it in entry.options if it.names != "--help"]
    parts = [
        f"{level} {entry.path}",
        f"```text\n{entry.usage}\n```",
        markdown(_EXIT_CODES_IN_HELP.sub("", entry.help)),
        _parameters("argument", entry.arguments),
        _parameters("option", options),
    ]
    return "\n\n".join(part for part in parts if part)


def _parameters(title: str, parameters: Sequence[Parameter]) -> str:
    """A table of them, with the columns that one of them has something for."""
    if not parameters:
        return ""
    columns: Mapping[str, list[str]] = {
        title: [f"`{_name(it)}`" for it in parameters],
        "meaning": [_meaning(it) for it in parameters],
        "default": [inline(it.default) for it in parameters],
        "variable": [f"`{it.variable}`" if it.variable else "" for it in parameters],
    }
    filled = {name: cells for name, cells in columns.items() if any(cells)}
    return _table(tuple(filled), zip(*filled.values(), strict=True))


def _name(parameter: Parameter) -> str:
    """An option with what its value is called; an argument is called so itself."""
    is_option = parameter.names.startswith("-")
    return f"{parameter.names} {parameter.kind}".strip() if is_option else parameter.names


def _meaning(parameter: Parameter) -> str:
    choices = ", ".join(f"`{choice}`" for choice in parameter.choices)
    sentences = [
        inline(parameter.meaning),
        f"One of {choices}." if choices else "",
        f"{parameter.limits.capitalize()}." if parameter.limits else "",
    ]
    return " ".join(it for it in sentences if it)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(_cell(it) for it in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

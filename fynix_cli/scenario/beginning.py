"""The work behind `fynix scenario new`: a file that plays as it stands."""

import re
from collections.abc import Sequence
from pathlib import Path

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import talk
from fynix_cli.scenario.file_names import SUFFIXES
from fynix_cli.scenario.model.catalogue import RESERVED
from fynix_cli.scenario.model.values import NAME

_TEMPLATE = """\
# Play it:   fynix scenario run {file}
# All steps: fynix scenario steps
fynix: 1
name: {title}
actors:
{actors}
steps:
{opening}
  - {first}.send: {{in: $chat, text: "hello from ${{run.id}}", save: hello}}
{hearing}
  - {second}.check: {{unread: {{$chat: 1}}}}
  - {second}.read: {{in: $chat, upto: $hello}}
  - {first}.expect: {{event: message_read, where: {{user_id: ${second}.id}}, within: 1s}}
"""


def begin_scenario(file: Path, people: Sequence[str], *, is_overwritten: bool) -> None:
    """Raises: CommandError (a name that cannot be, or a file that is there)."""
    _check(file, people, is_overwritten=is_overwritten)
    first, second, *others = people
    if others:
        members = ", ".join(people[1:])
        opening = f"  - {first}.group: {{name: {_title(file)}, with: [{members}], save: chat}}"
    else:
        opening = f"  - {first}.dm: {{with: {second}, save: chat}}"
    hearing = "\n".join(
        f"  - {name}.expect: {{event: new_message, where: {{message.id: $hello.id}}, within: 1s}}"
        for name in people[1:]
    )
    text = _TEMPLATE.format(
        file=file,
        title=_title(file),
        actors="\n".join(f"  {name}: {{}}" for name in people),
        opening=opening,
        hearing=hearing,
        first=first,
        second=second,
    )
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write {file} ({error.strerror})") from error
    talk(f"Begun {file}; play it with: fynix scenario run {file}")


def _check(file: Path, people: Sequence[str], *, is_overwritten: bool) -> None:
    if not file.name.endswith(SUFFIXES):
        raise CommandError(
            f"{file} would not be found",
            hint=f"call it {file.name.split('.')[0]}{SUFFIXES[0]}",
            exit_code=ExitCode.USAGE,
        )
    if file.exists() and not is_overwritten:
        raise CommandError(
            f"{file} is there already", hint="add --force", exit_code=ExitCode.CONFLICT
        )
    if len(set(people)) < 2:
        raise CommandError(
            "a conversation takes two",
            hint="--with alice --with bob",
            exit_code=ExitCode.USAGE,
        )
    for name in people:
        if name in RESERVED:
            raise CommandError(
                f"nobody can be called {name!r}",
                hint="it means a step",
                exit_code=ExitCode.USAGE,
            )
        if not re.fullmatch(NAME, name):
            raise CommandError(
                f"nobody can be called {name!r}",
                hint="small letters, digits and _, beginning with a letter",
                exit_code=ExitCode.USAGE,
            )


def _title(file: Path) -> str:
    return file.name.split(".")[0].replace("-", " ").replace("_", " ")

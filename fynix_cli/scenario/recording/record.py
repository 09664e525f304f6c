"""The work behind `fynix scenario record`, in its order."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import talk
from fynix_cli.profiles import Profile, Profiles
from fynix_cli.scenario.durations import parse_duration
from fynix_cli.scenario.file_names import SUFFIXES
from fynix_cli.scenario.model.problems import InvalidScenario
from fynix_cli.scenario.model.reading import read_script
from fynix_cli.scenario.recording.redaction import redacted
from fynix_cli.scenario.recording.script_text import Writing
from fynix_cli.scenario.recording.tape import Tape
from fynix_cli.scenario.recording.telling import told
from fynix_cli.scenario.recording.watching import End, Watch
from fynix_cli.session import matching_profile
from fynix_cli.termination import end_like_ctrl_c


@dataclass(frozen=True)
class RecordRequest:
    """What was typed after `fynix scenario record`."""

    file: Path
    profiles: Sequence[str]
    server: str | None
    seconds: str | None
    count: int | None
    is_redacted: bool
    is_overwritten: bool


def record(request: RecordRequest) -> None:
    """Raises: CommandError. What was recorded before a failure is written all the same."""
    seconds = None if request.seconds is None else parse_duration(request.seconds, "--for")
    _check_file(request)
    people = _people(request)
    wording: Callable[[str], str] = redacted if request.is_redacted else str
    tape = Tape()
    tape.usernames |= {UUID(it.user_id): it.username for it in people}
    watch = Watch(tape, End(seconds, request.count), lambda it: talk(told(tape, it, wording)))
    failure = _watch(watch, people)
    try:
        _write(request.file, Writing(tape, [UUID(it.user_id) for it in people], wording))
    finally:
        if failure is not None:
            raise failure


def _check_file(request: RecordRequest) -> None:
    file = request.file
    if not file.name.endswith(SUFFIXES):
        raise CommandError(
            f"{file} would not be found",
            hint=f"call it {file.name.split('.')[0]}{SUFFIXES[0]}",
            exit_code=ExitCode.USAGE,
        )
    if not file.parent.is_dir():
        raise CommandError(f"there is no folder {file.parent}", hint="make it, or choose another")
    if file.exists() and not request.is_overwritten:
        raise CommandError(
            f"{file} is there already", hint="add --force", exit_code=ExitCode.CONFLICT
        )


def _people(request: RecordRequest) -> list[Profile]:
    """The logins to watch, each person once. Raises: NotLoggedIn, CommandError."""
    profiles = Profiles()
    names = request.profiles or (None,)
    found = [matching_profile(profiles, name, request.server) for name in names]
    servers = sorted({it.server for it in found})
    if len(servers) > 1:
        raise CommandError(
            f"these are logged in at different servers: {', '.join(servers)}",
            hint="record those of one",
            exit_code=ExitCode.USAGE,
        )
    return list({it.user_id: it for it in found}.values())


def _watch(watch: Watch, people: Sequence[Profile]) -> CommandError | None:
    """Watch until the end; what ended it, if that was a failure."""
    names = ", ".join(it.username for it in people)

    def ready() -> None:
        talk(f"recording {names} at {people[0].server}; Ctrl-C ends it")

    end_like_ctrl_c()
    try:
        asyncio.run(watch.run(people, ready))
    except KeyboardInterrupt:
        return None  # the usual end of a recording
    except CommandError as error:
        return error
    return None


def _write(file: Path, writing: Writing) -> None:
    if not writing.happenings:
        talk("nothing happened, so nothing was written")
        return
    try:
        file.write_text(writing.text(), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write {file} ({error.strerror})") from error
    try:
        steps = len(read_script(file).steps)
    except InvalidScenario as error:
        raise CommandError(
            f"{file} was written, and cannot be played as it is: {error}",
            hint="mend it by hand, or record a shorter time",
            exit_code=ExitCode.FAILED,
        ) from error
    count = len(writing.happenings)
    talk(
        f"{count} event{'s' if count > 1 else ''} in {steps} step{'s' if steps > 1 else ''}; "
        "play them with:"
    )
    talk(f"  fynix scenario run {file}")

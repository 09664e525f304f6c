"""Where the frames of a tail go: before eyes, into a pipe, or to a command."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from fynix_cli.chat.narrator import Narrator
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError
from fynix_cli.matching.fields import MISSING, look_up, text_of
from fynix_cli.matching.templates import Template, parse_template
from fynix_cli.output import JsonObject, TailFormat, emit, print_json_line, to_json
from fynix_cli.profiles import Profile
from fynix_server.protocol.frames import ServerFrame

EVENT_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "FYNIX_EVENT_TYPE": ("type",),
    "FYNIX_EVENT_CONVERSATION_ID": ("conversation_id",),
    "FYNIX_EVENT_SEQ": ("seq",),
    "FYNIX_EVENT_MESSAGE_ID": ("message.id", "message_id"),
    "FYNIX_EVENT_SENDER": ("message.sender_username",),
    "FYNIX_EVENT_CONTENT": ("message.content",),
}
"""What a command finds in its environment, and at which paths of the frame that stands."""
TERMINATE_SECONDS = 2.0


@dataclass(frozen=True)
class Showing:
    """What to do with a frame: `command`, else `template`, else as `output` says."""

    output: TailFormat = TailFormat.text
    template: Template | None = None
    command: str | None = None


def showing(
    types: Collection[str], output: TailFormat, template: str | None, command: str | None = None
) -> Showing:
    """The same, of what was typed for frames of `types`. Raises: CommandError."""
    parsed = None if template is None else parse_template(template, types)
    return Showing(output, parsed, command)


class Sink(Protocol):
    """Takes one frame after the other; `item` is the frame as JSON."""

    async def take(self, frame: ServerFrame, item: JsonObject) -> None:
        """Returns once the frame is delivered: only then does it count as seen."""


@dataclass(frozen=True)
class Eyes:
    """A line that tells what happened."""

    narrator: Narrator

    async def take(self, frame: ServerFrame, item: JsonObject) -> None:
        emit(await self.narrator.line(frame))


@dataclass(frozen=True)
class JsonLines:
    """The frame, as one line of JSON."""

    async def take(self, frame: ServerFrame, item: JsonObject) -> None:
        print_json_line(item)


@dataclass(frozen=True)
class TemplateLines:
    """A line of the caller's own making."""

    template: Template

    async def take(self, frame: ServerFrame, item: JsonObject) -> None:
        emit(self.template.fill(item))


@dataclass(frozen=True)
class Command:
    """A shell command for each frame, one after the other; it reads the frame's JSON on stdin.

    `identity`: variables by which a `fynix` within it acts as the same person.
    """

    line: str
    identity: Mapping[str, str]

    async def take(self, frame: ServerFrame, item: JsonObject) -> None:
        """Raises: CommandError (the command failed)."""
        # Never into the line itself: what others wrote would then be run by the shell.
        environment = {**os.environ, **self.identity, **event_variables(item)}
        beginning = asyncio.ensure_future(
            # A session of its own: what the shell has begun can then be ended with it.
            asyncio.create_subprocess_shell(
                self.line, stdin=PIPE, env=environment, start_new_session=True
            )
        )
        try:
            # Shielded: told to end just now, one would else not know whom to end.
            process = await asyncio.shield(beginning)
            await process.communicate(to_json(item).encode() + b"\n")
        finally:
            await _ended(await beginning)
        if process.returncode:
            raise CommandError(
                f"the command of --exec failed: {_told(process.returncode)}",
                hint="its frame does not count as seen: --cursor-file gives it again",
            )


def chosen_sink(how: Showing, rest: RestClient, person: Profile) -> Sink:
    """The sink for frames of `person`, whom `rest` acts as."""
    if how.command is not None:
        identity = {"FYNIX_PROFILE": person.name, "FYNIX_SERVER": person.server}
        return Command(how.command, identity)
    if how.template is not None:
        return TemplateLines(how.template)
    return JsonLines() if how.output is TailFormat.jsonl else Eyes(Narrator(rest, is_live=False))


def event_variables(item: JsonObject) -> dict[str, str]:
    """All of EVENT_VARIABLES for a frame; what the frame lacks is empty, for `set -u` in shells."""
    return {name: _first(item, paths) for name, paths in EVENT_VARIABLES.items()}


def _first(item: JsonObject, paths: tuple[str, ...]) -> str:
    found = (look_up(item, path) for path in paths)
    return next((text_of(value) for value in found if value is not MISSING), "")


async def _ended(process: Process) -> None:
    """At a Ctrl-C or SIGTERM the command ends with the tail, and so does what it has begun: its
    frame is given again, and must not meet the one who still works on it."""
    if process.returncode is not None:
        return
    _signal(process, signal.SIGTERM)
    waiting = asyncio.ensure_future(process.wait())
    await asyncio.wait([waiting], timeout=TERMINATE_SECONDS)
    if not waiting.done():
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    await waiting


def _signal(process: Process, number: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
    else:
        process.terminate()


def _told(code: int) -> str:
    return f"it exited with {code}" if code > 0 else f"signal {-code} ended it"

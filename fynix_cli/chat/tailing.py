"""Printing live frames, as a line for eyes or as JSON."""

from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

from fynix_cli.chat.narrator import Narrator
from fynix_cli.chat.targets import conversation_to_look_at
from fynix_cli.client.cursor_file import CursorFile, Owner, held_cursor_file
from fynix_cli.client.cursors import Cursors, Keep
from fynix_cli.client.live import LiveClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.starting_points import StartingPoints
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import TailFormat, emit, print_json_line, talk
from fynix_server.protocol.fields import MAX_PAGE_DEPTH
from fynix_server.protocol.frames import (
    DurableFrame,
    MessageRead,
    ServerFrame,
    ServerNotice,
    Typing,
)

FRAME_TYPES = frozenset(
    str(model.model_fields["type"].default)
    for model in (*get_args(DurableFrame), MessageRead, Typing, ServerNotice)
)


@dataclass(frozen=True)
class TailFilter:
    """What to print. None and empty: everything."""

    conversation: str | None
    types: frozenset[str]


@dataclass(frozen=True)
class TailStart:
    """Where to begin: in `file` if it is there, else `since` (a `moment`, None: the beginning),
    else now. `file` is kept up to date from then on."""

    file: Path | None
    is_since: bool
    moment: datetime | None


def check_types(names: list[str]) -> frozenset[str]:
    """Raises: CommandError (a type that no frame has, which would wait for ever)."""
    unknown = sorted(set(names) - FRAME_TYPES)
    if unknown:
        raise CommandError(
            f"there is no frame type {unknown[0]!r}",
            hint=f"there are: {', '.join(sorted(FRAME_TYPES))}",
            exit_code=ExitCode.USAGE,
        )
    return frozenset(names)


class Tail:
    """Prints the frames of one person (`owner`, whom `rest` acts as)."""

    def __init__(
        self, rest: RestClient, owner: Owner, wanted: TailFilter, output: TailFormat
    ) -> None:
        self._rest = rest
        self._owner = owner
        self._wanted = wanted
        self._output = output
        self._narrator = Narrator(rest)

    async def run(self, start: TailStart) -> None:
        """Print until interrupted or told by the server not to come back."""
        async with self._rest:
            with self._opened(start.file) as file:
                stored = file.load() if file is not None else None
                keep = file.save if file is not None else None
                only = await self._only()
                if stored is None and start.is_since:
                    cursors = await self._cursors_since(start.moment, only, keep)
                else:
                    cursors = Cursors(stored, keep)
                try:
                    # Before anything is printed: it may turn out that it cannot be written.
                    cursors.keep()
                    await self._print(LiveClient(self._rest, _say, cursors), only)
                finally:
                    cursors.keep()

    @contextmanager
    def _opened(self, path: Path | None) -> Iterator[CursorFile | None]:
        if path is None:
            yield None
            return
        with held_cursor_file(path, self._owner) as file:
            yield file

    async def _cursors_since(
        self, moment: datetime | None, only: UUID | None, keep: Keep | None
    ) -> Cursors:
        known = await StartingPoints(self._rest, _say).cursors_since(moment, only)
        return Cursors(known, keep, names_all=len(known) < MAX_PAGE_DEPTH)

    async def _only(self) -> UUID | None:
        target = self._wanted.conversation
        return None if target is None else (await conversation_to_look_at(self._rest, target)).id

    async def _print(self, live: LiveClient, only: UUID | None) -> None:
        async with aclosing(live.frames()) as frames:
            async for frame in frames:
                if not _is_wanted(frame, only, self._wanted.types):
                    continue
                # Flushed before the next frame is asked for, which is what moves the cursor.
                if self._output is TailFormat.jsonl:
                    print_json_line(frame.model_dump(mode="json"))
                else:
                    emit(await self._narrator.line(frame))


def _say(state: str) -> None:
    talk(f"fynix tail: {state}")


def _is_wanted(frame: ServerFrame, only: UUID | None, types: frozenset[str]) -> bool:
    if only is not None and getattr(frame, "conversation_id", None) != only:
        return False
    return not types or frame.type in types

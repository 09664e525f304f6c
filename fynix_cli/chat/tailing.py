"""Following live frames: which are wanted, where to begin, and when to end."""

from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from fynix_cli.chat.deadline import Deadline, TimeIsUp
from fynix_cli.chat.sinks import Sink
from fynix_cli.chat.targets import conversation_to_look_at
from fynix_cli.client.cursor_file import CursorFile, Owner, held_cursor_file
from fynix_cli.client.cursors import Cursors, Keep
from fynix_cli.client.live import LiveClient
from fynix_cli.client.live_line import StateListener
from fynix_cli.client.rest import RestClient
from fynix_cli.client.starting_points import StartingPoints
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.matching.conditions import Condition, all_hold
from fynix_cli.output import JsonObject
from fynix_server.protocol.fields import MAX_PAGE_DEPTH
from fynix_server.protocol.frames import DurableFrame, ServerFrame


@dataclass(frozen=True)
class TailFilter:
    """What to show. None and empty: everything."""

    conversation: str | None = None
    types: frozenset[str] = frozenset()
    where: tuple[Condition, ...] = ()

    def passes(self, item: JsonObject, only: UUID | None) -> bool:
        """Whether a frame, as JSON, is wanted; `only`: the id of the conversation, if one is."""
        if only is not None and item.get("conversation_id") != str(only):
            return False
        return (not self.types or item["type"] in self.types) and all_hold(self.where, item)


@dataclass(frozen=True)
class TailStart:
    """Where to begin: in `file` if it is there, else `since` (a `moment`, None: the beginning),
    else now. `file` is kept up to date from then on."""

    file: Path | None
    is_since: bool
    moment: datetime | None


@dataclass(frozen=True)
class TailEnd:
    """When to end: at a frame that meets `until`, after `count` of them, after `seconds`.

    None and empty: not for that reason.
    """

    until: tuple[Condition, ...] = ()
    count: int | None = None
    seconds: float | None = None

    def is_reached(self, item: JsonObject, shown: int) -> bool:
        """Whether `item`, the last of `shown` frames, was the last one wanted."""
        return shown == self.count or (bool(self.until) and all_hold(self.until, item))

    def check_time_out(self) -> None:
        """Whoever waited for something has not got it; whoever only watched has seen it all.

        Raises: CommandError.
        """
        if self.until or self.count is not None:
            raise CommandError(
                f"what was waited for did not come within {self.seconds:g} s",
                exit_code=ExitCode.TIMED_OUT,
            )


@dataclass(frozen=True)
class TailRequest:
    """All that a tail is told."""

    wanted: TailFilter
    start: TailStart
    end: TailEnd = field(default_factory=TailEnd)


class Tail:
    """Hands the frames of one person (`owner`, whom `rest` acts as) to `sink`, one by one."""

    def __init__(self, rest: RestClient, owner: Owner, sink: Sink, say: StateListener) -> None:
        self._rest = rest
        self._owner = owner
        self._sink = sink
        self._say = say

    async def run(self, request: TailRequest) -> None:
        """Until the end that was asked for, an interruption, or the server's word not to come back.

        Raises: CommandError (timed out, too), and what RestClient and LiveClient raise.
        """
        async with self._rest:
            with self._opened(request.start.file) as file:
                try:
                    await self._follow(request, file)
                except TimeIsUp:
                    request.end.check_time_out()

    async def _follow(self, request: TailRequest, file: CursorFile | None) -> None:
        deadline = Deadline(request.end.seconds)
        stored = file.load() if file is not None else None
        keep = file.save if file is not None else None
        only = await deadline.wait_for(lambda: self._only(request.wanted))
        if stored is None and request.start.is_since:
            moment = request.start.moment
            cursors = await deadline.wait_for(lambda: self._cursors_since(moment, only, keep))
        else:
            cursors = Cursors(stored, keep)
        try:
            # Before anything is shown: it may turn out that it cannot be written.
            cursors.keep()
            await self._show(LiveClient(self._rest, self._say, cursors), request, only, deadline)
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
        known = await StartingPoints(self._rest, self._say).cursors_since(moment, only)
        return Cursors(known, keep, names_all=len(known) < MAX_PAGE_DEPTH)

    async def _only(self, wanted: TailFilter) -> UUID | None:
        target = wanted.conversation
        return None if target is None else (await conversation_to_look_at(self._rest, target)).id

    async def _show(
        self, live: LiveClient, request: TailRequest, only: UUID | None, deadline: Deadline
    ) -> None:
        shown = 0
        async with aclosing(live.frames()) as frames:
            while True:
                frame = await deadline.wait_for(lambda: anext(frames))
                item = frame.model_dump(mode="json")
                if not request.wanted.passes(item, only):
                    continue
                # Done before the next frame is asked for, which is what moves the cursor. The
                # deadline does not cut it short: a command half done would be done again.
                await self._sink.take(frame, item)
                shown += 1
                if request.end.is_reached(item, shown):
                    _count_as_seen(frame, live.cursors)
                    return


def _count_as_seen(frame: ServerFrame, cursors: Cursors) -> None:
    """As asking for the next frame would, which nobody does after the last."""
    if isinstance(frame, DurableFrame):
        cursors.move(frame.conversation_id, frame.seq)

"""A socket without its wire: the real outbox, connection and commands, read when told to."""

import asyncio
import json

from fynix_server.auth import Principal
from fynix_server.connections import Connection, Outbox
from fynix_server.errors import Unavailable
from fynix_server.resources import Resources
from fynix_server.sockets.commands import Conversant, obey
from fynix_server.sockets.live import Live
from tests.sockets.interleaving.readers import PlainReader, ReturningReader
from tests.sockets.interleaving.truth import Truth

Reader = PlainReader | ReturningReader
MAX_BYTES = 1024 * 1024


class Socket:
    """What sockets/routes.py does for one client, in the same order."""

    def __init__(
        self,
        resources: Resources,
        live: Live,
        principal: Principal,
        reader: ReturningReader | Truth,
        max_frames: int,
    ) -> None:
        self._resources = resources
        self._live = live
        self._principal = principal
        self._max_frames = max_frames
        self._reader: Reader | Truth = reader
        self._may_read = asyncio.Event()
        self._client: Conversant | None = None
        self._resuming: asyncio.Task[None] | None = None
        self._serving = asyncio.create_task(self._serve())

    @property
    def reader(self) -> Reader | None:
        """The client, once the server knows its connection."""
        return self._reader if not isinstance(self._reader, Truth) else None

    @property
    def is_lost(self) -> bool:
        """The server asks for its end, or could not take it."""
        return self._serving.done() or (
            self._client is not None and self._client.connection.closing.done()
        )

    @property
    def may_resume(self) -> bool:
        """Commands of one socket are obeyed one after the other."""
        is_free = self._resuming is None or self._resuming.done()
        return self._client is not None and not self.is_lost and is_free

    def resume(self, number: int = 0) -> None:
        assert self._client is not None
        assert self.reader is not None
        command = json.dumps(self.reader.command(number)).encode()
        self._resuming = asyncio.create_task(obey(self._client, command))

    def read(self) -> None:
        """Take what waits, or else what comes next."""
        self._may_read.set()

    def check(self) -> None:
        """That nothing has failed so far."""
        for task in (self._resuming, self._serving):
            if task is not None and task.done() and not task.cancelled():
                task.result()

    async def close(self) -> None:
        for task in (self._resuming, self._serving):
            if task is not None:
                task.cancel()
        await asyncio.gather(
            *(it for it in (self._resuming, self._serving) if it is not None),
            return_exceptions=True,
        )
        if self._client is not None:
            self._resources.connections.remove(self._client.connection)
            self._live.delivery.end_watching(self._principal.user_id)

    async def _serve(self) -> None:
        try:
            await self._live.delivery.begin_watching(self._principal.user_id)
        except Unavailable:
            return  # closed with 1012
        is_v1 = isinstance(self._reader, ReturningReader)
        outbox = Outbox(self._max_frames, MAX_BYTES)
        who = self._principal
        connection = Connection(who.user_id, who.session_id, outbox, is_v1=is_v1)
        self._resources.connections.add(connection)
        reader = self._reader
        if isinstance(reader, Truth):
            reader = self._reader = PlainReader(reader, who.user_id)
        self._client = Conversant(self._resources, self._live, connection, who)
        await self._read_frames(connection, reader)

    async def _read_frames(self, connection: Connection, reader: Reader) -> None:
        while True:
            await self._may_read.wait()
            self._may_read.clear()
            frames = await connection.take_frames()
            if connection.closing.done():
                return
            for frame in frames:
                assert isinstance(frame, str)  # not a ping: nothing watches it
                reader.hear(frame)
                connection.note_written()

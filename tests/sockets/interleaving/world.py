"""One instance under test, another that writes, and everything that may happen between them."""

import asyncio
from functools import partial
from uuid import UUID

from fynix_server.conversations import groups
from fynix_server.conversations.service import create_group
from fynix_server.event_bus import Envelope
from fynix_server.membership import MembersCache
from fynix_server.messages.drafts import Draft, Stored
from fynix_server.messages.editing import delete_message, edit_message
from fynix_server.messages.group_rows import NewMessageRow, store_group
from fynix_server.messages.service import announce_message
from fynix_server.messages.writer import MessageWriter
from fynix_server.protocol.conversations import ConversationCreate, ConversationUpdate
from fynix_server.protocol.messages import MessageResponse
from fynix_server.sockets.live import Live
from fynix_server.tables import new_id
from tests.sockets.interleaving.ground import Ground
from tests.sockets.interleaving.readers import PlainReader, ReturningReader
from tests.sockets.interleaving.sockets import Socket
from tests.sockets.interleaving.truth import Record, Truth

LOOP_TURNS = 5
"""Enough for whatever was let go to come to its next wait."""
MAX_CONVERSATIONS = 5
MAX_ROUNDS = 2000


class World:
    """alice writes on another instance; bob and carol read on this one.

    bob has a `fynix.v1` client, which comes back after each end of its socket, and a plain one.
    carol's is plain: while she is connected, the instance follows groups without bob.
    """

    def __init__(self, ground: Ground, max_frames: int) -> None:
        ground.restore()
        self._gates = ground.database.gates
        self._alice, self._bob, self._carol = ground.people.values()
        self._max_frames = max_frames
        self._truth = Truth()
        for envelope in ground.beginning:
            self._truth.note(envelope)
        self._bus: list[Envelope] = []
        self._far = ground.other_instance()
        self._far.event_bus.connect(self._publish, lambda _: None, lambda: None)
        self._far.message_writer = MessageWriter(
            ground.undelayed,
            MembersCache(),
            self._far.clock,
            queue_size=1000,
            announce=partial(announce_message, self._far.event_bus),
        )
        self._here = ground.instance()
        self._live = Live(self._here)
        self._reader = ReturningReader(self._truth, self._bob.user_id)
        self._sockets: dict[str, Socket | None] = {"device": None, "plain": None, "carol": None}
        self._tasks = [
            asyncio.create_task(work)
            for work in (
                self._far.message_writer.run(),
                self._live.delivery.run(),
                self._live.reconcile(),
            )
        ]

    def _publish(self, envelope: Envelope) -> None:
        self._truth.note(envelope)
        self._bus.append(envelope)

    # ── what may happen ──────────────────────────────────────────────────────────────────────

    async def do(self, kind: str, number: int) -> None:
        """One step. `number` chooses among what there is; a step that makes no sense is none."""
        await getattr(self, f"_do_{kind}")(number)
        await self._settle_loop()

    async def _do_open(self, number: int) -> None:
        if self._gates.waiting:
            self._gates.open(number)

    async def _do_fail(self, number: int) -> None:
        if self._gates.waiting:
            self._gates.fail(number)

    async def _do_deliver(self, number: int) -> None:
        if self._bus:
            self._live.delivery.deliver(self._bus.pop(number % len(self._bus)))

    async def _do_next(self, _number: int) -> None:
        await self._do_deliver(0)

    async def _do_double(self, number: int) -> None:
        if self._bus:
            self._live.delivery.deliver(self._bus[number % len(self._bus)])

    async def _do_lose(self, number: int) -> None:
        if self._bus:
            self._bus.pop(number % len(self._bus))

    async def _do_look(self, _number: int) -> None:
        self._live.look_now()

    async def _do_connect(self, number: int) -> None:
        name = ("device", "device", "plain", "carol")[number % 4]
        if self._sockets[name] is None:
            who = self._carol if name == "carol" else self._bob
            reader = self._reader if name == "device" else self._truth
            if name == "device":
                self._reader.connect()
            self._sockets[name] = Socket(self._here, self._live, who, reader, self._max_frames)

    async def _do_resume(self, number: int) -> None:
        socket = self._sockets[("device", "device", "plain")[number % 3]]
        if socket is not None and socket.may_resume:
            socket.resume(number // 3)

    async def _do_read(self, number: int) -> None:
        socket = list(self._sockets.values())[number % 3]
        if socket is not None:
            socket.read()

    async def _do_close(self, number: int) -> None:
        await self._close(("device", "plain", "carol")[number % 3])

    async def _do_message(self, number: int) -> None:
        await self._store_message(self._some_conversation(number), f"text {number}")

    async def _do_burst(self, number: int) -> None:
        """About as many as a resume still replays, by the real writer."""
        conversation_id, alice = self._some_conversation(number), self._alice.user_id
        drafts = (
            Draft(conversation_id, alice, "alice", f"text {it}", "text", None)
            for it in range(295 + number % 13)
        )
        await asyncio.gather(*(self._far.message_writer.submit(it) for it in drafts))

    async def _do_edit(self, number: int) -> None:
        conversation_id = self._some_conversation(number)
        messages = self._truth.records[conversation_id].messages()
        if messages:
            message = messages[number // 7 % len(messages)]
            text = f"{message['content']} and more {number}"
            await edit_message(self._far, self._alice, conversation_id, UUID(message["id"]), text)

    async def _do_delete(self, number: int) -> None:
        conversation_id = self._some_conversation(number)
        messages = self._truth.records[conversation_id].messages()
        if messages:
            message = messages[number // 7 % len(messages)]
            await delete_message(self._far, self._alice, conversation_id, UUID(message["id"]))

    async def _do_move(self, number: int) -> None:
        """bob joins a group, or leaves it where he is in it."""
        conversation_id = self._some_group(number)
        bob, alice = self._bob.user_id, self._alice.user_id
        if self._record(conversation_id).span_of(bob) is None:
            await groups.add_participant(self._far, alice, conversation_id, bob)
        else:
            await groups.remove_participant(self._far, alice, groups.Removal(conversation_id, bob))

    async def _do_rename(self, number: int) -> None:
        change = ConversationUpdate(name=f"group {number}")
        group = self._some_group(number)
        await groups.update_group(self._far, self._alice.user_id, group, change)

    async def _do_begin(self, _number: int) -> None:
        if len(self._truth.records) < MAX_CONVERSATIONS:
            wanted = ConversationCreate(name="new", participant_ids=[self._bob.user_id])
            await create_group(self._far, self._alice.user_id, wanted)

    async def _store_message(self, conversation_id: UUID, text: str) -> None:
        """As the writer does for a lone message, without its checks: schedules are many."""
        record, now = self._record(conversation_id), self._far.clock()
        message = MessageResponse.model_construct(
            id=new_id(),
            conversation_id=conversation_id,
            seq=record.last_seq + 1,
            sender_id=self._alice.user_id,
            sender_username="alice",
            content=text,
            content_type="text",
            created_at=now,
            edited_at=None,
            client_message_id=None,
            is_read=False,
            read_by=[],
        )
        async with self._far.database.write() as connection:
            await connection.run_sync(store_group, [NewMessageRow(message)])
        stored = Stored(message, record.members(), is_replay=False)
        announce_message(self._far.event_bus, stored)

    def _record(self, conversation_id: UUID) -> Record:
        return self._truth.records[conversation_id]

    def _some_conversation(self, number: int) -> UUID:
        known = list(self._truth.records)
        return known[number % len(known)]

    def _some_group(self, number: int) -> UUID:
        known = list(self._truth.records)[1:]
        return known[number % len(known)]

    # ── keeping going ────────────────────────────────────────────────────────────────────────

    async def _settle_loop(self) -> None:
        for _ in range(LOOP_TURNS):
            await asyncio.sleep(0)
        for task in self._tasks:
            if task.done():
                task.result()
                raise AssertionError("a task of the instance has ended")
        for socket in self._sockets.values():
            if socket is not None:
                socket.check()

    async def _close(self, name: str) -> None:
        socket = self._sockets[name]
        if socket is not None:
            self._sockets[name] = None
            await socket.close()

    async def quieten(self) -> None:
        """Let everything come to its end, and look for what the bus lost; then check it all."""
        looks = 2
        for _ in range(MAX_ROUNDS):
            await self._settle_loop()
            if await self._is_busy():
                continue
            if looks == 0:
                break
            looks -= 1
            self._live.look_now()
        else:
            raise AssertionError("it never comes to rest")
        self._reader.check_complete()
        for socket in self._sockets.values():
            if socket is not None and isinstance(socket.reader, PlainReader):
                socket.reader.check_complete()

    async def _is_busy(self) -> bool:
        for name, socket in self._sockets.items():
            if socket is not None:
                socket.read()
                if socket.is_lost:
                    await self._close(name)
                    return True
        device = self._sockets["device"]
        if device is None:
            await self._do_connect(0)
            return True
        if self._gates.waiting:
            self._gates.open(0)
            return True
        return self._resume_one()

    def _resume_one(self) -> bool:
        for socket in self._sockets.values():
            if socket is None or not socket.may_resume:
                continue
            if socket.reader is not None and socket.reader.must_resume:
                socket.resume()
                return True
        return False

    async def end(self) -> None:
        for name in self._sockets:
            await self._close(name)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        assert not self._gates.waiting

"""Keeps a desk true to the server: carries what is written there, and back what happens here."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from fynix_cli.chat.targets import conversation_or_person
from fynix_cli.chatting.desk import Desk
from fynix_cli.chatting.outgoing import Failure
from fynix_cli.chatting.thread import Thread
from fynix_cli.client.cursors import Cursors
from fynix_cli.client.failures import ApiError
from fynix_cli.client.live import LiveClient
from fynix_cli.client.live_line import NOT_THEIRS
from fynix_cli.client.reports import ReportClient
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError, Unreachable
from fynix_cli.exit_codes import ExitCode
from fynix_server.protocol.accounts import UserResponse
from fynix_server.protocol.fields import MAX_PAGE_SIZE
from fynix_server.protocol.frames import TypingCommand
from fynix_server.protocol.messages import MessageResponse

PAGE_MESSAGES = 50
LISTED_CONVERSATIONS = 500
"""So many are listed at the start; others join them when something happens there."""
RETRY_SECONDS = 5.0

Answer = TypeVar("Answer")


class Courier:
    """Acts as the person of `desk`. `on_change` is called whenever there is something new.

    Make it by `open_courier`. Live begins at `cursors`.

    `follow`, `deliver` and `tend` run until cancelled, each in a task of its own. What the
    server refuses or does not answer is told at the desk; that the login has ended, or that it
    said not to come back, is raised.
    """

    def __init__(self, rest: RestClient, desk: Desk, cursors: Cursors) -> None:
        self.desk = desk
        self.on_change: Callable[[], None] = lambda: None
        self.is_connected = False
        self.said = "connecting"
        self._rest = rest
        self._live = LiveClient(rest, self._on_state, cursors)
        self._was_connected = False
        self._is_outdated = False
        self._looking_back: set[Thread] = set()
        self._to_send = asyncio.Event()
        self._to_tend = asyncio.Event()

    @property
    def seconds_until_retry(self) -> float | None:
        """None: the line is there, or being opened."""
        return self._live.seconds_until_retry

    # ── live ─────────────────────────────────────────────────────────────────────────────────

    async def follow(self) -> None:
        """Take what happens. Raises: NotLoggedIn, LiveStopped, ApiError, Unreachable at first."""
        async with aclosing(self._live.frames()) as frames:
            async for frame in frames:
                self.desk.accept(frame)
                if self.desk.stale:
                    self._to_tend.set()
                self.on_change()

    def _on_state(self, text: str) -> None:
        self.said = text
        is_open = self._live.is_open
        if is_open and not self.is_connected and self._was_connected:
            # Read markers that moved meanwhile are not told again.
            self._is_outdated = True
            self._to_tend.set()
            self._retry_passing()
        self.is_connected = is_open
        self._was_connected = self._was_connected or is_open
        self.on_change()

    async def tell_typing(self, thread: Thread, is_typing: bool) -> None:
        """Tell the others, if there is a line."""
        if thread.conversation_id is not None:
            frame = TypingCommand(
                type="typing", conversation_id=thread.conversation_id, is_typing=is_typing
            )
            await self._live.send(frame)

    # ── sending ──────────────────────────────────────────────────────────────────────────────

    def send(self, text: str) -> None:
        self.desk.write(text)
        self._to_send.set()
        self.on_change()

    def retry(self) -> bool:
        """Try again what failed in the open conversation; whether there was something."""
        thread = self.desk.thread
        has_failed = thread is not None and thread.outbox.retry()
        self._to_send.set()
        self.on_change()
        return has_failed

    async def deliver(self) -> None:
        """Send what is written, in its order."""
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            for thread in self.desk.threads():
                await self._deliver_of(thread)
            if self.is_connected and any(it.outbox.awaits_server for it in self.desk.threads()):
                # The line holds and requests fail, so no reconnecting will try them again.
                await asyncio.sleep(RETRY_SECONDS)
                self._retry_passing()

    def _retry_passing(self) -> None:
        for thread in self.desk.threads():
            thread.outbox.retry(only_passing=True)
        self._to_send.set()

    async def _deliver_of(self, thread: Thread) -> None:
        while (outgoing := thread.outbox.next_pending()) is not None:
            try:
                conversation_id = await self._conversation_of(thread)
                message = await self._rest.send_message(
                    conversation_id, outgoing.text, outgoing.key
                )
            except (ApiError, Unreachable) as error:
                thread.outbox.fail(Failure.of(error, datetime.now(UTC)))
            else:
                self._acknowledge(thread, message)
            self.on_change()

    def _acknowledge(self, thread: Thread, message: MessageResponse) -> None:
        thread.add(message)
        self.desk.listing.set_unread(message.conversation_id, len(thread.unread()))

    async def _conversation_of(self, thread: Thread) -> UUID:
        if isinstance(thread.place, UUID):
            return thread.place
        conversation = await self._rest.open_dm(thread.place.id)
        self.desk.adopt(conversation)
        return conversation.id

    # ── looking ──────────────────────────────────────────────────────────────────────────────

    async def open_target(self, target: str) -> None:
        """Have `target` before one: a person, a conversation's id, or the name of a group in the
        list. Raises: CommandError (there is no such)."""
        try:
            found = await conversation_or_person(self._rest, target)
        except CommandError as error:
            group = self.desk.listing.group_called(target)
            if error.exit_code is not ExitCode.NOT_FOUND or group is None:
                raise
            found = group
        if isinstance(found, UserResponse):
            if found.id == self.desk.me.id:
                raise CommandError("that is you yourself")
            self.desk.open_person(found)
        else:
            self.desk.listing.take(found)
            self.desk.open_conversation(found.id)
        self.on_change()

    async def load_newest(self, thread: Thread) -> None:
        """The newest page of a thread, as it stands now."""
        await self._load_or_tell(thread, None)

    async def load_older(self, thread: Thread) -> None:
        """The page before the oldest message that is loaded, if there is one."""
        if thread.is_loaded and thread.has_older and thread not in self._looking_back:
            self._looking_back.add(thread)
            try:
                await self._load_or_tell(thread, thread.oldest_seq)
            finally:
                self._looking_back.discard(thread)

    async def _load_or_tell(self, thread: Thread, before_seq: int | None) -> None:
        if await self._told(self._load(thread, before_seq)):
            self._to_tend.set()

    async def _load(self, thread: Thread, before_seq: int | None) -> None:
        if thread.conversation_id is None or thread.is_left:
            return
        entry = self.desk.listing.get(thread.conversation_id)
        unread = entry.unread if entry is not None else 0
        is_first = not thread.is_loaded
        wanted = max(PAGE_MESSAGES, unread + 1) if is_first else PAGE_MESSAGES
        loading = self._rest.messages(
            thread.conversation_id, min(wanted, MAX_PAGE_SIZE), before_seq
        )
        page = await self._unless_left(thread.conversation_id, loading)
        if page is not None:
            thread.add_page(page)
        if is_first:
            thread.begin_reading(unread)

    # ── keeping up ───────────────────────────────────────────────────────────────────────────

    def show(self, message_id: UUID) -> None:
        """Everything up to this message was seen, if it is one of the open conversation."""
        thread = self.desk.thread
        if thread is not None and thread.show(message_id):
            self._to_tend.set()

    async def tend(self) -> None:
        """Ask anew for what is outdated, and mark as read what was shown."""
        while True:
            await self._to_tend.wait()
            self._to_tend.clear()
            pause = await self._told(self._tend_once())
            if pause:
                await asyncio.sleep(pause)
                self._to_tend.set()

    async def _tend_once(self) -> None:
        if self._is_outdated:
            await self._refresh()
        for conversation_id in list(self.desk.stale):
            await self._ask_for(conversation_id)
        if self.desk.thread is not None:
            await self._mark_shown(self.desk.thread)

    async def _refresh(self) -> None:
        for conversation in await self._rest.all_conversations(LISTED_CONVERSATIONS):
            self.desk.listing.take(conversation)
        thread = self.desk.thread
        if thread is not None:
            await self._load(thread, None)
        self._is_outdated = False

    async def _ask_for(self, conversation_id: UUID) -> None:
        # Taken off before asking: what happens during it makes it stale again.
        self.desk.stale.discard(conversation_id)
        try:
            asking = self._rest.conversation(conversation_id)
            conversation = await self._unless_left(conversation_id, asking)
        except (ApiError, Unreachable):
            self.desk.stale.add(conversation_id)
            raise
        if conversation is not None:
            self.desk.adopt(conversation)

    async def _mark_shown(self, thread: Thread) -> None:
        message = thread.newest_unread_up_to(thread.shown_seq)
        if message is None or thread.is_left:
            return
        marking = self._rest.mark_read(message.conversation_id, message.id)
        if await self._unless_left(message.conversation_id, marking) is None:
            return
        thread.read.move(self.desk.me.id, message.seq)
        self.desk.listing.set_unread(message.conversation_id, len(thread.unread()))

    async def _unless_left(self, conversation_id: UUID, work: Awaitable[Answer]) -> Answer | None:
        """Its answer; None: the conversation is this person's no more."""
        try:
            return await work
        except ApiError as error:
            if error.code not in NOT_THEIRS:
                raise
        self.desk.leave(conversation_id)
        return None

    async def _told(self, work: Awaitable[None]) -> float:
        """Do it, or tell why not; then, after how many seconds to try again. 0: it is done."""
        try:
            await work
        except (ApiError, Unreachable) as error:
            if self.is_connected:
                # Else it is told already that the line is broken.
                self.desk.say(error.message)
            self._is_outdated = True
            retry_after = error.retry_after if isinstance(error, ApiError) else None
            return retry_after or RETRY_SECONDS
        finally:
            self.on_change()
        return 0


async def open_courier(rest: RestClient, clock: Callable[[], float]) -> Courier:
    """A courier whose list is filled, and whose live line will begin just there.

    `clock`: seconds that only rise. Raises: ApiError, NotLoggedIn, Unreachable.
    """
    desk = Desk(await rest.me(), clock)
    found = await rest.all_conversations(LISTED_CONVERSATIONS)
    for conversation in found:
        desk.listing.take(conversation)
    if (await ReportClient(rest.http).notices(1, None, is_unread=True)).notices:
        desk.tell("there are notices that you have not read: fynix notices --unread --mark-read")
    known = {conversation.id: conversation.last_seq for conversation in found}
    return Courier(rest, desk, Cursors(known, names_all=len(known) < LISTED_CONVERSATIONS))

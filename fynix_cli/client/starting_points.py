"""Where to begin in each conversation to see what happened since some moment.

Frames are asked for by number, and it is messages that have a time. Along the numbers these
times rise, but for what the clocks of instances differ by, so that a place can be found by
halving. Edits, deletions and joinings say no time: what stands between the last message before
the moment and the first one after it is taken for news.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from fynix_cli.client.failures import ApiError
from fynix_cli.client.live_line import StateListener
from fynix_cli.client.rest import RestClient
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.protocol.fields import MAX_PAGE_SIZE
from fynix_server.protocol.messages import MessageResponse

CLOCKS_DIFFER_BY = timedelta(seconds=60)
TOO_MANY_REQUESTS = 429

Answer = TypeVar("Answer")


class StartingPoints:
    """Finds cursors for one person. All of it raises ApiError, NotLoggedIn and Unreachable."""

    def __init__(self, rest: RestClient, on_state: StateListener = lambda text: None) -> None:
        self._rest = rest
        self._on_state = on_state

    async def cursors_since(
        self, moment: datetime | None, only: UUID | None = None
    ) -> dict[UUID, int]:
        """The cursors after which everything since `moment` lies (None: everything there is).

        Of others than `only` (None: of none) nothing is wanted, so these begin now. Names at
        most MAX_PAGE_DEPTH conversations, those active last: the server lists no more.
        """
        own_id = (await self._rest.me()).id
        conversations = await self._patiently(self._rest.all_conversations)
        cursors = {}
        for conversation in conversations:
            if only not in {None, conversation.id}:
                cursors[conversation.id] = conversation.last_seq
            else:
                cursors[conversation.id] = await self._cursor_since(conversation, moment, own_id)
        return cursors

    async def _cursor_since(
        self, conversation: ConversationResponse, moment: datetime | None, own_id: UUID
    ) -> int:
        # Who joined since then may read nothing from before anyway.
        if moment is None or _joined_at(conversation, own_id) >= moment:
            return 0
        if conversation.updated_at < moment - CLOCKS_DIFFER_BY:
            return conversation.last_seq
        return await self.cursor_at(conversation.id, moment)

    async def cursor_at(self, conversation_id: UUID, moment: datetime) -> int:
        """The number of the message before the first one since `moment`; 0: there is none before.

        One request where the newest hundred reach back to `moment`; else about as many as the
        number of messages has binary digits.
        """
        early = moment - CLOCKS_DIFFER_BY
        newest = await self._patiently(lambda: self._rest.messages(conversation_id, MAX_PAGE_SIZE))
        page = list(reversed(newest.messages))
        if not newest.has_next or not page or page[0].created_at < early:
            return _last_before(moment, page, 0)[0]
        cursor = await self._last_before_by_halving(conversation_id, early, page[0].seq - 1)
        is_passed = False
        while not is_passed:
            page, has_next = await self._page_after(conversation_id, cursor)
            cursor, is_passed = _last_before(moment, page, cursor)
            is_passed = is_passed or not has_next
        return cursor

    async def _last_before_by_halving(
        self, conversation_id: UUID, moment: datetime, high: int
    ) -> int:
        """The number, at most `high`, of a message before `moment` whose next is not; or 0."""
        low = found = 0
        while low < high:
            middle = (low + high + 1) // 2
            message = await self._newest_up_to(conversation_id, middle)
            if message is None:
                low = middle
            elif message.created_at < moment:
                low, found = middle, message.seq
            else:
                high = message.seq - 1
        return found

    async def _newest_up_to(self, conversation_id: UUID, seq: int) -> MessageResponse | None:
        page = await self._patiently(
            lambda: self._rest.messages(conversation_id, 1, before_seq=seq + 1)
        )
        return page.messages[0] if page.messages else None

    async def _page_after(
        self, conversation_id: UUID, seq: int
    ) -> tuple[list[MessageResponse], bool]:
        page = await self._patiently(lambda: self._rest.messages_after(conversation_id, seq))
        return page.messages, page.has_next

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Whoever has many conversations may meet the rate limit on the way: then wait."""
        while True:
            try:
                return await ask()
            except ApiError as error:
                if error.status != TOO_MANY_REQUESTS:
                    raise
                seconds = error.retry_after or 1.0
                self._on_state(
                    f"rate limit reached while looking back: going on in {seconds:.0f} s"
                )
            await asyncio.sleep(seconds)


def _joined_at(conversation: ConversationResponse, own_id: UUID) -> datetime:
    mine = (it.joined_at for it in conversation.participants if it.user_id == own_id)
    return next(mine, conversation.created_at)


def _last_before(
    moment: datetime, oldest_first: list[MessageResponse], cursor: int
) -> tuple[int, bool]:
    """The number of the last message before the first one since `moment`, else `cursor`; and
    whether there was one since."""
    for message in oldest_first:
        if message.created_at >= moment:
            return cursor, True
        cursor = message.seq
    return cursor, False

"""Blocking and unblocking. The blocked one is told nothing, and finds no sign of it.

What a block means is decided elsewhere: who may write (`policy/review.py`), who sees typing and
reading (`membership/members.py`, `read_state.py`), whose messages arrive marked
(`sockets/feed.py`).
"""

from uuid import UUID

from fynix_server.auth import Principal
from fynix_server.blocking import queries
from fynix_server.blocking.queries import Blocked
from fynix_server.errors import Conflict, InvalidInput, NotFound
from fynix_server.protocol.blocks import (
    MAX_BLOCKS,
    BlockListResponse,
    BlockResponse,
    BlocksQuery,
)
from fynix_server.resources import Resources


async def block(
    resources: Resources, blocker: Principal, user_id: UUID
) -> tuple[BlockResponse, bool]:
    """Want nothing more from somebody; whether that is new. When it returns, it holds everywhere.

    Raises: InvalidInput (oneself), NotFound, Conflict (too many).
    """
    if user_id == blocker.user_id:
        raise InvalidInput("You cannot block yourself.", code="blocking_oneself")
    async with resources.database.write() as connection:
        await queries.lock_blocker(connection, blocker.user_id)
        known = await queries.find_block(connection, blocker.user_id, user_id)
        if known is not None:
            return _response(known), False
        if not await queries.is_person(connection, user_id):
            raise NotFound("There is no such person.", code="user_not_found")
        if await queries.count_blocks(connection, blocker.user_id) >= MAX_BLOCKS:
            raise Conflict(f"You can block {MAX_BLOCKS} people at most.", code="too_many_blocks")
        ids = await queries.lock_common_conversations(connection, blocker.user_id, user_id)
        await queries.insert_block(connection, blocker.user_id, user_id, resources.clock())
        pair = (blocker.user_id, user_id)
        await queries.stop_showing_reading(connection, ids, *pair)
        await queries.stop_showing_reading(connection, ids, *reversed(pair))
        await queries.move_members_versions(connection, ids)
        made = await queries.find_block(connection, *pair)
        assert made is not None  # noqa: S101 - this transaction has made it
    await _cover_new_conversations(resources, pair, set(ids))
    return _response(made), True


async def unblock(resources: Resources, blocker: Principal, user_id: UUID) -> None:
    """Take a block back. Nothing that was refused meanwhile is delivered.

    Raises: NotFound (there is none).
    """
    async with resources.database.write() as connection:
        ids = await queries.lock_common_conversations(connection, blocker.user_id, user_id)
        if not await queries.delete_block(connection, blocker.user_id, user_id):
            raise NotFound("You have not blocked them.", code="block_not_found")
        await queries.show_reading_again(connection, blocker.user_id, user_id)
        await queries.move_members_versions(connection, ids)


async def list_blocks(
    resources: Resources, blocker: Principal, wanted: BlocksQuery
) -> BlockListResponse:
    """A page of those whom somebody has blocked, by name."""
    after = (wanted.after or "").lower()
    if "\x00" in after:
        # No name has it, and Postgres would refuse the question.
        return BlockListResponse(blocks=[], next_after=None)
    async with resources.database.read() as connection:
        found = await queries.blocks_of(connection, blocker.user_id, after, wanted.limit + 1)
    page = found[: wanted.limit]
    return BlockListResponse(
        blocks=[_response(it) for it in page],
        next_after=page[-1].username if len(found) > len(page) else None,
    )


async def _cover_new_conversations(
    resources: Resources, pair: tuple[UUID, UUID], covered: set[UUID]
) -> None:
    """Conversations that began, unseen, while the block was being made: Postgres only.

    Whoever loads their members from here on sees the block, which is committed.
    """
    if resources.database.is_sqlite:
        return  # one writer at a time
    async with resources.database.write() as connection:
        ids = set(await queries.lock_common_conversations(connection, *pair)) - covered
        if ids:
            await queries.move_members_versions(connection, ids)


def _response(blocked: Blocked) -> BlockResponse:
    return BlockResponse(**blocked._asdict())

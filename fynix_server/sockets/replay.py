"""Resume: what a client missed, from the database, without losing or doubling a live frame.

While a conversation is replayed, the connection holds back its live frames, and notes up to which
number. That loses none: whatever is handed out live has been committed, so reading on until the
last number that was held back has been read covers them all; and between that check and letting
go there is no await, so nothing can come in between.
"""

from dataclasses import dataclass
from uuid import UUID

from fynix_server.auth import Principal
from fynix_server.connections import Connection
from fynix_server.errors import NotFound, NotPermitted
from fynix_server.event_log import LoggedFrame, Viewer, frames_after
from fynix_server.membership import blocked_among, load_membership
from fynix_server.protocol.frames import (
    MAX_REPLAY_FRAMES,
    ResumeCommand,
    Resumed,
    ResyncRequired,
)
from fynix_server.resources import Resources
from fynix_server.sockets import queries
from fynix_server.sockets.close_codes import error_frame
from fynix_server.sockets.delivery import Delivery


async def resume(
    resources: Resources,
    delivery: Delivery,
    connection: Connection,
    principal: Principal,
    command: ResumeCommand,
) -> None:
    """Replay what was missed of each conversation, then say where each stands.

    A conversation that is not theirs gets an error frame, and the rest goes on.

    Raises: Unavailable. What was not replayed by then stays held: half a replay must not look
    whole, so the client is told, and resumes again.
    """
    connection.hold(command.cursors)
    connection.is_opted_in = connection.wants_durable = True
    refused: dict[UUID, int] = {}
    busy = await _release_quiet(resources, delivery, connection, command.cursors)
    for conversation_id, cursor in busy.items():
        try:
            joined_seq = await _replay(resources, connection, conversation_id, cursor)
            delivery.follow(principal.user_id, conversation_id, joined_seq)
        except (NotFound, NotPermitted) as error:
            refused[conversation_id] = connection.carried[conversation_id]
            connection.send(error_frame(error, command.ref))
    # With the cursors of quiet conversations too: a client that names them when it comes back
    # misses nothing that happened there meanwhile. `carried` may be further than what was handed
    # out live: by a replay, or because live frames followed it while another was replayed.
    standing = dict.fromkeys(command.cursors, 0) | delivery.standing(principal.user_id)
    cursors = {
        conversation_id: at
        for conversation_id, seq in standing.items()
        if (at := max(seq, connection.carried.get(conversation_id, 0)))
        > refused.get(conversation_id, -1)
        and conversation_id not in connection.held
    }
    connection.send(Resumed(ref=command.ref, cursors=cursors).model_dump_json())


async def _release_quiet(
    resources: Resources, delivery: Delivery, connection: Connection, cursors: dict[UUID, int]
) -> dict[UUID, int]:
    """Let live frames follow where nothing was missed; the cursors of the other conversations.

    One query: most conversations of somebody who has many were quiet meanwhile.

    Raises: Unavailable.
    """
    if len(cursors) <= 1:
        return cursors
    async with resources.database.read() as database:
        standing = await queries.standing_of_user(database, connection.user_id)
    busy: dict[UUID, int] = {}
    # From here to the end nothing awaits: see the top of this file.
    for conversation_id, cursor in cursors.items():
        found = standing.get(conversation_id)
        held_up_to = connection.held[conversation_id]
        if found is None or cursor < found.last_seq or held_up_to > found.last_seq:
            busy[conversation_id] = cursor
            continue
        connection.note_replay(conversation_id, found.last_seq + 1, found.last_seq)
        delivery.follow(connection.user_id, conversation_id, found.joined_seq)
    return busy


async def _replay(
    resources: Resources, connection: Connection, conversation_id: UUID, cursor: int
) -> int:
    """Send what came after `cursor`, then let live frames follow; the number of their joining.

    Raises: NotFound, NotPermitted (then nothing of it up to now is told), Unavailable.
    """
    first_seq: int | None = None
    while True:
        page = await _read_page(resources, connection.user_id, conversation_id, cursor)
        if first_seq is None:
            first_seq = page.after_seq + 1
        cursor = page.last_seq
        if page.frames is None:
            first_seq = cursor + 1
            if page.refusal is None:
                frame = ResyncRequired(conversation_id=conversation_id, last_seq=cursor)
                connection.send(frame.model_dump_json())
            connection.note_resync(conversation_id, cursor)
        else:
            await _send_page(connection, conversation_id, page)
        # From here to the end nothing awaits: see the top of this file.
        if cursor >= connection.held[conversation_id]:
            break
        connection.half_replayed[conversation_id] = range(first_seq, cursor + 1)
    if page.refusal is not None:
        connection.release(conversation_id)
        raise page.refusal
    connection.note_replay(conversation_id, first_seq, cursor)
    return page.joined_seq


@dataclass(frozen=True, slots=True)
class _Page:
    """What somebody may see after `after_seq`, up to `last_seq`.

    No `frames`: too many, some are lost, or there is a `refusal`.
    """

    after_seq: int
    last_seq: int
    joined_seq: int = 0
    viewer: Viewer | None = None
    frames: list[LoggedFrame] | None = None
    refusal: NotFound | NotPermitted | None = None


async def _read_page(
    resources: Resources, user_id: UUID, conversation_id: UUID, cursor: int
) -> _Page:
    horizon = await resources.policy.horizon()
    async with resources.database.read() as database:
        try:
            membership = await load_membership(database, conversation_id, user_id)
        except (NotFound, NotPermitted) as error:
            last_seq = await queries.last_seq_of(database, conversation_id)
            return _Page(cursor, last_seq, refusal=error)
        last_seq, joined_seq = membership.last_seq, membership.joined_seq
        # A cursor past the end is of a database that was restored since: nothing is missed yet.
        after_seq = min(max(cursor, joined_seq - 1), last_seq)
        if last_seq - after_seq > MAX_REPLAY_FRAMES:
            return _Page(after_seq, last_seq, joined_seq)
        frames = await frames_after(
            database, conversation_id, after_seq, MAX_REPLAY_FRAMES, horizon=horizon
        )
        if any(it.is_lost for it in frames):
            return _Page(after_seq, last_seq, joined_seq)
        senders = {it.sender_id for it in frames if it.sender_id} - {user_id}
        blocked = await blocked_among(database, user_id, senders)
    return _Page(after_seq, last_seq, joined_seq, Viewer(user_id, joined_seq, blocked), frames)


async def _send_page(connection: Connection, conversation_id: UUID, page: _Page) -> None:
    for logged in page.frames or ():
        if page.viewer and not connection.has_carried(conversation_id, logged.seq):
            await connection.wait_for_room()
            connection.send(logged.frame_for(page.viewer))

"""Resume: what a client missed, from the database, without losing or doubling a live frame.

While a conversation is replayed, the connection holds back its live frames. That loses none:
whatever is handed out live has been committed, so reading on until the last number that the
instance handed out has been read covers them all; and between that check and letting go there
is no await, so nothing can come in between.
"""

from uuid import UUID

from fynix_server.auth import Principal
from fynix_server.connections import Connection
from fynix_server.errors import FynixError, NotFound, NotPermitted
from fynix_server.event_log import frames_after
from fynix_server.membership import load_membership
from fynix_server.protocol.frames import (
    MAX_REPLAY_FRAMES,
    ResumeCommand,
    Resumed,
    ResyncRequired,
)
from fynix_server.resources import Resources
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
    """
    connection.held.update(command.cursors)
    connection.is_opted_in = connection.wants_durable = True
    cursors: dict[UUID, int] = {}
    try:
        for conversation_id, cursor in command.cursors.items():
            try:
                cursors[conversation_id] = await _replay(
                    resources,
                    delivery,
                    connection,
                    principal,
                    (conversation_id, cursor),
                )
            except (NotFound, NotPermitted) as error:
                connection.send(error_frame(error, command.ref))
    except FynixError:
        # Half a replay must not look whole: the client is told, and comes back.
        connection.held.clear()
        raise
    connection.held.difference_update(command.cursors)
    # With the cursors of quiet conversations too: a client that names them when it comes back
    # misses nothing that happened there meanwhile.
    cursors = delivery.standing(principal.user_id) | cursors
    connection.send(Resumed(ref=command.ref, cursors=cursors).model_dump_json())


async def _replay(
    resources: Resources,
    delivery: Delivery,
    connection: Connection,
    principal: Principal,
    start: tuple[UUID, int],
) -> int:
    """Send what came after `start` (conversation, cursor); return the last number sent."""
    conversation_id, cursor = start
    async with resources.database.read() as database:
        membership = await load_membership(database, conversation_id, principal.user_id)
    # A cursor past the end is of a database that was restored since: nothing is missed yet.
    cursor = min(max(cursor, membership.joined_seq - 1), membership.last_seq)
    if membership.last_seq - cursor > MAX_REPLAY_FRAMES:
        cursor = membership.last_seq
        frame = ResyncRequired(conversation_id=conversation_id, last_seq=cursor)
        connection.send(frame.model_dump_json())
        connection.note_resync(conversation_id, cursor)
    first_seq = cursor + 1
    while True:
        async with resources.database.read() as database:
            frames = await frames_after(database, conversation_id, cursor, MAX_REPLAY_FRAMES)
        for logged in frames:
            is_message = logged.type == "new_message"
            if not connection.has_carried(conversation_id, logged.seq, is_message=is_message):
                await connection.wait_for_room()
                connection.send(logged.frame_for(membership.joined_seq))
            cursor = logged.seq
        if cursor >= delivery.delivered(conversation_id):
            # Up to here from the check nothing awaits: see the top of this file.
            connection.note_replay(conversation_id, first_seq, cursor)
            return cursor

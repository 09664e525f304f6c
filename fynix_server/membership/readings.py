"""How far somebody has read, as one of the others sees it: a block ends that, either way."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
)

from fynix_server.tables import Block, ConversationParticipant, SeveredReading

_VIEWER: BindParameter[UUID] = bindparam("viewer_id", type_=Block.blocker_id.type)
_participant = ConversationParticipant


def _is_severed() -> ColumnElement[bool]:
    """Whether a block stands between the viewer and a participant, whoever has set it.

    Almost nobody has blocked or is blocked by anybody, which is asked once, not of each row.
    Indexes: pk_blocks, idx_blocks_blocked.
    """
    has_blocks = or_(
        exists().where(Block.blocker_id == _VIEWER),
        exists().where(Block.blocked_id == _VIEWER),
    )
    is_between = or_(
        exists().where(Block.blocker_id == _VIEWER, Block.blocked_id == _participant.user_id),
        exists().where(Block.blocked_id == _VIEWER, Block.blocker_id == _participant.user_id),
    )
    return and_(has_blocks, is_between)


def _before_block(column: Any) -> Any:
    """Where it stood when the block came; null where they have met there since.

    Index: its key, or idx_severed_readings_reader.
    """
    query = select(column).where(
        SeveredReading.viewer_id == _VIEWER,
        SeveredReading.reader_id == _participant.user_id,
        SeveredReading.conversation_id == _participant.conversation_id,
    )
    return query.correlate(_participant).scalar_subquery()


def _shown_reading() -> tuple[Any, ...]:
    is_severed = _is_severed()
    seq = func.coalesce(_before_block(SeveredReading.read_seq), 0)
    message_id = _before_block(SeveredReading.read_message_id)
    return (
        case((is_severed, seq), else_=_participant.last_read_seq).label("last_read_seq"),
        case((is_severed, message_id), else_=_participant.last_read_message_id).label(
            "last_read_message_id"
        ),
    )


SHOWN_READING = _shown_reading()
"""`last_read_seq, last_read_message_id` of ConversationParticipant, as `viewer_id` may see them."""

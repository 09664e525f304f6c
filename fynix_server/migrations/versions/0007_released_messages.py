"""Held messages: what they were released as, and somebody's in their order."""

import sqlalchemy as sa
from alembic import op

revision = "0007_released_messages"
down_revision = "0006_erasures"
branch_labels = None
depends_on = None

_TABLE = "held_messages"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("released_as", sa.Uuid(), nullable=True))
    op.create_index("idx_held_messages_released_as", _TABLE, ["released_as"], unique=True)
    op.drop_index("idx_held_messages_sender", _TABLE)
    op.create_index("idx_held_messages_sender", _TABLE, ["sender_id", "status", "message_id"])


def downgrade() -> None:
    op.drop_index("idx_held_messages_sender", _TABLE)
    op.create_index("idx_held_messages_sender", _TABLE, ["sender_id", "status"])
    op.drop_index("idx_held_messages_released_as", _TABLE)
    op.drop_column(_TABLE, "released_as")

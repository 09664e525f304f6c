"""Blocks: how far people had read is kept for each two of them, not once for all."""

import sqlalchemy as sa
from alembic import op

revision = "0010_severed_readings"
down_revision = "0009_spam"
branch_labels = None
depends_on = None

_OLD = ("severed_read_seq", "severed_read_message_id")
_FILL = """
INSERT INTO severed_readings (viewer_id, reader_id, conversation_id, read_seq, read_message_id)
SELECT viewer.user_id, reader.user_id, reader.conversation_id,
       reader.severed_read_seq, reader.severed_read_message_id
FROM conversation_participants AS reader
JOIN conversation_participants AS viewer ON viewer.conversation_id = reader.conversation_id
WHERE reader.severed_read_seq IS NOT NULL
  AND (EXISTS (SELECT 1 FROM blocks
               WHERE blocker_id = reader.user_id AND blocked_id = viewer.user_id)
       OR EXISTS (SELECT 1 FROM blocks
                  WHERE blocked_id = reader.user_id AND blocker_id = viewer.user_id))
"""


def upgrade() -> None:
    op.create_table(
        "severed_readings",
        _key("viewer_id"),
        _key("reader_id"),
        _key("conversation_id"),
        sa.Column("read_seq", sa.BigInteger(), nullable=False),
        sa.Column("read_message_id", sa.Uuid()),
        _reference("viewer_id", "users"),
        _reference("reader_id", "users"),
        _reference("conversation_id", "conversations"),
        sa.PrimaryKeyConstraint(
            "viewer_id", "reader_id", "conversation_id", name=op.f("pk_severed_readings")
        ),
    )
    op.create_index("idx_severed_readings_reader", "severed_readings", ["reader_id", "viewer_id"])
    op.execute(_FILL)
    for name in _OLD:
        op.drop_column("conversation_participants", name)


def downgrade() -> None:
    for name, kind in zip(_OLD, (sa.BigInteger, sa.Uuid), strict=True):
        op.add_column("conversation_participants", sa.Column(name, kind()))
    op.drop_index("idx_severed_readings_reader", "severed_readings")
    op.drop_table("severed_readings")


def _key(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _reference(name: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name],
        [f"{table}.id"],
        name=op.f(f"fk_severed_readings_{name}"),
        ondelete="CASCADE",
    )

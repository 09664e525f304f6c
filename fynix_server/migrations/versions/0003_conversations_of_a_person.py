"""The index of somebody's conversations holds their ids: those are not looked up one by one."""

from alembic import op

revision = "0003_conversations_of_a_person"
down_revision = "0002_sent_digest"
branch_labels = None
depends_on = None

_NAME, _TABLE = "idx_participants_user_active", "conversation_participants"


def upgrade() -> None:
    op.drop_index(_NAME, _TABLE)
    op.create_index(_NAME, _TABLE, ["user_id", "is_active", "conversation_id"])


def downgrade() -> None:
    op.drop_index(_NAME, _TABLE)
    op.create_index(_NAME, _TABLE, ["user_id", "is_active"])

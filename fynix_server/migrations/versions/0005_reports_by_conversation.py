"""Reports by conversation: whether moderators may read one is looked up each time."""

from alembic import op

revision = "0005_reports_by_conversation"
down_revision = "0004_moderation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("idx_reports_conversation", "reports", ["conversation_id", "id"])


def downgrade() -> None:
    op.drop_index("idx_reports_conversation", "reports")

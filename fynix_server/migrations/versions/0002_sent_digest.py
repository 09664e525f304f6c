"""What an edited message was when it was sent, as a digest: its retries are still known by it."""

import sqlalchemy as sa
from alembic import op

revision = "0002_sent_digest"
down_revision = "0001_core"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("sent_digest", sa.String(32), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "sent_digest")

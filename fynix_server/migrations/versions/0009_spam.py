"""Spam: what the score last said of people, who is exempt, and the newest complaints."""

import sqlalchemy as sa
from alembic import op

revision = "0009_spam"
down_revision = "0008_retention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spam_assessments",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("measure", sa.String(16), server_default="none", nullable=False),
        sa.Column("withheld", sa.String(16)),
        sa.Column("reasons", sa.Text(), server_default="[]", nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True)),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("is_exempt", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_spam_assessments_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_spam_assessments")),
    )
    op.create_index("idx_spam_assessments_score", "spam_assessments", ["score", "user_id"])
    op.create_index(
        "idx_spam_assessments_measure", "spam_assessments", ["measure", "score", "user_id"]
    )
    op.create_index(
        "idx_spam_assessments_exempt", "spam_assessments", ["is_exempt", "score", "user_id"]
    )
    op.create_index("idx_blocks_created_at", "blocks", ["created_at"])
    op.create_index("idx_reports_created_at", "reports", ["created_at"])


def downgrade() -> None:
    op.drop_index("idx_reports_created_at", "reports")
    op.drop_index("idx_blocks_created_at", "blocks")
    op.drop_table("spam_assessments")

"""Retention: policies, legal holds, numbers whose rows are gone, runs of cleaning up."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0008_retention"
down_revision = "0007_released_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_rules()
    op.create_table(
        "purged_numbers",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("is_event", sa.Boolean(), server_default=sa.false(), nullable=False),
        _conversation("purged_numbers"),
        sa.PrimaryKeyConstraint("conversation_id", "last_seq", name=op.f("pk_purged_numbers")),
    )
    _create_runs()


def downgrade() -> None:
    for table in ("cleanup_runs", "purged_numbers", "legal_holds", "retention_policies"):
        op.drop_table(table)


def _create_rules() -> None:
    op.create_table(
        "retention_policies",
        sa.Column("scope", sa.String(36), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(100), nullable=False),
        _moment("created_at"),
        _conversation("retention_policies"),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_retention_policies")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_retention_policies_conversation_id")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("set_by", sa.String(100), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_legal_holds")),
    )


def _create_runs() -> None:
    op.create_table(
        "cleanup_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("options", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("cutoffs", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("position", sa.Text(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("removed", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("batches", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_by", sa.String(100), nullable=False),
        _moment("started_at"),
        _moment("updated_at"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cleanup_runs")),
    )
    op.create_index("idx_cleanup_runs_unfinished", "cleanup_runs", ["subject", "finished_at"])


def _moment(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _conversation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["conversation_id"],
        ["conversations.id"],
        name=op.f(f"fk_{table}_conversation_id"),
        ondelete="CASCADE",
    )

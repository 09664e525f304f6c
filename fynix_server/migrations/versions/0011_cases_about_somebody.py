"""Cases about somebody by their status: counted, and listed, without reading the closed ones."""

from alembic import op

revision = "0011_cases_about_somebody"
down_revision = "0010_severed_readings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("idx_reports_target_status", "reports", ["target_user_id", "status", "id"])


def downgrade() -> None:
    op.drop_index("idx_reports_target_status", "reports")

"""Moderation: blocks, reports, restrictions, rules, what is held, limits by hand, the audit log."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004_moderation"
down_revision = "0003_conversations_of_a_person"
branch_labels = None
depends_on = None

_OPEN = sa.text("status IN ('open', 'assigned')")
_HIDDEN = sa.text("hidden_because IS NOT NULL")


def upgrade() -> None:
    _extend_users()
    _extend_conversations()
    _create_audit_log()
    _create_blocks()
    _create_reports()
    _create_restrictions()
    _create_rules()


def downgrade() -> None:
    for table in (
        "policy_state",
        "held_messages",
        "content_rules",
        "limit_overrides",
        "notices",
        "restrictions",
        "report_evidence",
        "reports",
        "blocks",
        "audit_head",
        "audit_log",
    ):
        op.drop_table(table)
    op.drop_index("idx_messages_hidden", "messages")
    for column in ("hidden_because", "deleted_by"):
        op.drop_column("messages", column)
    op.drop_column("conversations", "frozen_at")
    for index in ("idx_users_role", "idx_users_status", "idx_users_status_changed_at"):
        op.drop_index(index, "users")
    for column in ("severed_read_seq", "severed_read_message_id"):
        op.drop_column("conversation_participants", column)
    for column in ("status_until", "status_changed_at", "accepts_new_dms"):
        op.drop_column("users", column)


def _moment(name: str, *, is_required: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_required)


def _created() -> sa.Column[datetime]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
    )


def _required(name: str, kind: Any, default: str | None = None) -> sa.Column[Any]:
    server_default = None if default is None else sa.text(default)
    return sa.Column(name, kind, nullable=False, server_default=server_default)


def _optional(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _user(table: str, column: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["users.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _extend_users() -> None:
    op.add_column("users", _moment("status_until"))
    op.add_column("users", _moment("status_changed_at"))
    op.add_column("users", _required("accepts_new_dms", sa.Boolean(), "true"))
    op.create_index("idx_users_role", "users", ["role", "username"])
    op.create_index("idx_users_status", "users", ["status", "username"])
    op.create_index("idx_users_status_changed_at", "users", ["status_changed_at"])


def _extend_conversations() -> None:
    op.add_column("conversations", _moment("frozen_at"))
    op.add_column("conversation_participants", _optional("severed_read_seq", sa.BigInteger()))
    op.add_column("conversation_participants", _optional("severed_read_message_id", sa.Uuid()))
    op.add_column("messages", _optional("hidden_because", sa.String(8)))
    op.add_column("messages", _optional("deleted_by", sa.Uuid()))
    op.create_index(
        "idx_messages_hidden",
        "messages",
        ["conversation_id", "seq"],
        sqlite_where=_HIDDEN,
        postgresql_where=_HIDDEN,
    )


def _create_audit_log() -> None:
    op.create_table(
        "audit_log",
        _required("seq", sa.BigInteger()),
        _moment("at", is_required=True),
        _required("actor_kind", sa.String(8)),
        _required("actor_id", sa.String(100)),
        _required("action", sa.String(40)),
        _required("outcome", sa.String(8)),
        _optional("target_kind", sa.String(16)),
        _optional("target_id", sa.String(100)),
        _optional("request_id", sa.Uuid()),
        _optional("details", sa.Text()),
        _optional("details_salt", sa.String(32)),
        _required("details_digest", sa.String(64)),
        _required("previous_hash", sa.String(64)),
        _required("hash", sa.String(64)),
        _key("audit_log", "seq"),
    )
    op.create_index("idx_audit_log_target", "audit_log", ["target_id", "seq"])
    op.create_index("idx_audit_log_actor", "audit_log", ["actor_id", "seq"])
    op.create_index("idx_audit_log_action", "audit_log", ["action", "seq"])
    op.create_index("idx_audit_log_at", "audit_log", ["at"])
    op.create_table(
        "audit_head",
        _required("id", sa.Integer()),
        _required("seq", sa.BigInteger()),
        _required("hash", sa.String(64)),
        _key("audit_head", "id"),
    )


def _create_blocks() -> None:
    op.create_table(
        "blocks",
        _required("blocker_id", sa.Uuid()),
        _required("blocked_id", sa.Uuid()),
        _created(),
        _user("blocks", "blocker_id"),
        _user("blocks", "blocked_id"),
        _key("blocks", "blocker_id", "blocked_id"),
    )
    op.create_index("idx_blocks_blocked", "blocks", ["blocked_id", "blocker_id"])


def _create_reports() -> None:
    op.create_table(
        "reports",
        _required("id", sa.Uuid()),
        _required("reporter_id", sa.Uuid()),
        _required("target_key", sa.String(45)),
        _required("target_user_id", sa.Uuid()),
        _optional("message_id", sa.Uuid()),
        _optional("conversation_id", sa.Uuid()),
        _required("reason", sa.String(16)),
        _optional("comment", sa.Text()),
        _required("status", sa.String(16), "'open'"),
        _optional("assigned_to", sa.Uuid()),
        _optional("outcome", sa.Text()),
        _created(),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        _moment("closed_at"),
        _user("reports", "reporter_id"),
        _user("reports", "target_user_id"),
        _user("reports", "assigned_to", "SET NULL"),
        _key("reports", "id"),
    )
    op.create_index(
        "uq_reports_open",
        "reports",
        ["reporter_id", "target_key"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("idx_reports_status", "reports", ["status", "id"])
    op.create_index("idx_reports_target_user", "reports", ["target_user_id", "id"])
    op.create_index("idx_reports_reporter", "reports", ["reporter_id", "id"])
    op.create_index("idx_reports_assigned_to", "reports", ["assigned_to", "status", "id"])
    op.create_table(
        "report_evidence",
        _required("report_id", sa.Uuid()),
        _required("message_id", sa.Uuid()),
        _required("seq", sa.BigInteger()),
        _required("sender_id", sa.Uuid()),
        _required("content", sa.Text()),
        _required("content_type", sa.String(50)),
        _moment("created_at", is_required=True),
        _moment("edited_at"),
        _required("is_deleted", sa.Boolean()),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["reports.id"],
            name=op.f("fk_report_evidence_report_id"),
            ondelete="CASCADE",
        ),
        _key("report_evidence", "report_id", "message_id"),
    )
    op.create_index("idx_report_evidence_sender", "report_evidence", ["sender_id"])


def _create_restrictions() -> None:
    op.create_table(
        "restrictions",
        _required("user_id", sa.Uuid()),
        _required("kind", sa.String(16)),
        _moment("until"),
        _required("set_by", sa.String(100)),
        _created(),
        _user("restrictions", "user_id"),
        _key("restrictions", "user_id", "kind"),
    )
    op.create_table(
        "notices",
        _required("id", sa.Uuid()),
        _required("user_id", sa.Uuid()),
        _required("kind", sa.String(16)),
        _required("detail", sa.Text()),
        _created(),
        _moment("read_at"),
        _user("notices", "user_id"),
        _key("notices", "id"),
    )
    op.create_index("idx_notices_user", "notices", ["user_id", "id"])
    op.create_table(
        "limit_overrides",
        _required("user_id", sa.Uuid()),
        _required("bucket", sa.String(16)),
        _optional("max_count", sa.Integer()),
        _optional("window_seconds", sa.Integer()),
        _moment("until"),
        _required("set_by", sa.String(100)),
        _created(),
        _user("limit_overrides", "user_id"),
        _key("limit_overrides", "user_id", "bucket"),
    )
    op.create_table(
        "policy_state",
        _required("id", sa.Integer()),
        _required("version", sa.BigInteger()),
        _key("policy_state", "id"),
    )


def _create_rules() -> None:
    op.create_table(
        "content_rules",
        _required("id", sa.Uuid()),
        _required("name", sa.String(64)),
        _required("kind", sa.String(16)),
        _required("pattern", sa.Text()),
        _required("verdict", sa.String(8)),
        _required("is_shadow", sa.Boolean(), "true"),
        _required("is_enabled", sa.Boolean(), "true"),
        _required("hits", sa.BigInteger(), "0"),
        _moment("last_hit_at"),
        _created(),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        _key("content_rules", "id"),
        sa.UniqueConstraint("name", name=op.f("uq_content_rules_name")),
    )
    op.create_table(
        "held_messages",
        _required("message_id", sa.Uuid()),
        _required("sender_id", sa.Uuid()),
        _required("cause", sa.String(16)),
        _required("rules", sa.Text(), "'[]'"),
        _required("status", sa.String(16), "'waiting'"),
        _created(),
        _moment("decided_at"),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_held_messages_message_id"),
            ondelete="CASCADE",
        ),
        _user("held_messages", "sender_id"),
        _key("held_messages", "message_id"),
    )
    op.create_index("idx_held_messages_status", "held_messages", ["status", "message_id"])
    op.create_index("idx_held_messages_sender", "held_messages", ["sender_id", "status"])

"""The core: people, their logins, conversations, messages and events."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001_core"
down_revision: str | None = None
branch_labels = None
depends_on = None


# By code point, as SQLite sorts: pages by username then agree, and prefix search has its index.
_NAME = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")


def upgrade() -> None:
    _create_users()
    _create_logins()
    _create_conversations()
    _create_participants()
    _create_messages()
    _create_receipts()
    _create_events()


def downgrade() -> None:
    for table in (
        "conversation_events",
        "message_receipts",
        "messages",
        "conversation_participants",
        "conversations",
        "refresh_tokens",
        "sessions",
        "users",
    ):
        op.drop_table(table)


def _moment(name: str, *, is_required: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_required)


def _created(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def _reference(
    table: str, column: str, target: str, ondelete: str = "CASCADE"
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", _NAME, nullable=False),
        sa.Column("display_name", sa.String(100), nullable=False),
        sa.Column("avatar_url", sa.Text()),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), server_default="user", nullable=False),
        sa.Column("status", sa.String(16), server_default="active", nullable=False),
        _created("created_at"),
        _created("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )


def _create_logins() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_agent", sa.String(200)),
        _created("created_at"),
        _created("last_used_at"),
        _moment("expires_at", is_required=True),
        _moment("revoked_at"),
        _reference("sessions", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("idx_sessions_user", "sessions", ["user_id", "revoked_at"])
    op.create_index("idx_sessions_revoked_at", "sessions", ["revoked_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        _created("created_at"),
        _moment("used_at"),
        _reference("refresh_tokens", "session_id", "sessions"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("idx_refresh_tokens_session_id"), "refresh_tokens", ["session_id"])


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("is_group", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("name", sa.String(100)),
        sa.Column("description", sa.Text()),
        _created("created_at"),
        _created("updated_at"),
        _moment("last_message_at"),
        sa.Column("dm_key", sa.String(73)),
        _counter("last_seq"),
        _counter("message_count"),
        sa.Column("members_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("dm_key", name=op.f("uq_conversations_dm_key")),
    )
    op.create_index("idx_conversations_last_message_at", "conversations", ["last_message_at"])
    op.create_index("idx_conversations_updated_at", "conversations", ["updated_at"])


def _create_participants() -> None:
    table = "conversation_participants"
    op.create_table(
        table,
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _created("joined_at"),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("last_read_message_id", sa.Uuid()),
        sa.Column("role", sa.String(16), server_default="member", nullable=False),
        _counter("last_read_seq"),
        _counter("joined_seq"),
        sa.Column("left_seq", sa.BigInteger()),
        _moment("left_at"),
        _moment("muted_until"),
        _reference(table, "conversation_id", "conversations"),
        _reference(table, "user_id", "users"),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name=op.f(f"pk_{table}")),
    )
    op.create_index("idx_participants_user_active", table, ["user_id", "is_active"])


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(50), server_default="text", nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        _created("created_at"),
        _created("updated_at"),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("client_message_id", sa.String(64)),
        _moment("edited_at"),
        _reference("messages", "conversation_id", "conversations"),
        _reference("messages", "sender_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_messages_conversation_id_seq")),
        sa.UniqueConstraint(
            "sender_id",
            "conversation_id",
            "client_message_id",
            name=op.f("uq_messages_sender_id_conversation_id_client_message_id"),
        ),
    )
    op.create_index(
        "idx_messages_conversation_created", "messages", ["conversation_id", "created_at"]
    )


def _create_receipts() -> None:
    op.create_table(
        "message_receipts",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _created("read_at"),
        _reference("message_receipts", "message_id", "messages"),
        _reference("message_receipts", "user_id", "users"),
        sa.PrimaryKeyConstraint("message_id", "user_id", name=op.f("pk_message_receipts")),
    )


def _create_events() -> None:
    table = "conversation_events"
    op.create_table(
        table,
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("message_id", sa.Uuid()),
        sa.Column("payload", sa.Text(), server_default="{}", nullable=False),
        _created("created_at"),
        _reference(table, "actor_id", "users", ondelete="SET NULL"),
        _reference(table, "conversation_id", "conversations"),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f(f"pk_{table}")),
    )

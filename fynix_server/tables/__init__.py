"""The whole schema. Alembic makes it (`migrations/`); a test says that both agree.

Declarative classes describe the tables; queries run as SQLAlchemy Core on a connection, so
no ORM session stands on any path (docs/decisions/0002-core-not-orm.md).
"""

from typing import Any

from sqlalchemy import Row, Select

from fynix_server.tables.accounts import RefreshToken, Session, User, is_active_at
from fynix_server.tables.audit import AuditEntry, AuditHead
from fynix_server.tables.base import Table, UtcDateTime, new_id
from fynix_server.tables.conversations import (
    Conversation,
    ConversationEvent,
    ConversationParticipant,
    Message,
    MessageReceipt,
)
from fynix_server.tables.moderation import (
    Block,
    ContentRule,
    HeldMessage,
    LimitOverride,
    Notice,
    PolicyState,
    Report,
    ReportEvidence,
    Restriction,
    SeveredReading,
)
from fynix_server.tables.privacy import Erasure
from fynix_server.tables.retention import CleanupRun, LegalHold, PurgedNumbers, RetentionPolicy
from fynix_server.tables.spam import SpamAssessment

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]
"""For functions that take or give rows of a list of columns that another module names."""

TABLES: tuple[Any, ...] = tuple(Table.metadata.sorted_tables)

__all__ = [
    "TABLES",
    "AnyRow",
    "AnySelect",
    "AuditEntry",
    "AuditHead",
    "Block",
    "CleanupRun",
    "ContentRule",
    "Conversation",
    "ConversationEvent",
    "ConversationParticipant",
    "Erasure",
    "HeldMessage",
    "LegalHold",
    "LimitOverride",
    "Message",
    "MessageReceipt",
    "Notice",
    "PolicyState",
    "PurgedNumbers",
    "RefreshToken",
    "Report",
    "ReportEvidence",
    "Restriction",
    "RetentionPolicy",
    "Session",
    "SeveredReading",
    "SpamAssessment",
    "Table",
    "User",
    "UtcDateTime",
    "is_active_at",
    "new_id",
]

"""Forgetting what the log says of somebody, without breaking its chain."""

from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.tables import AuditEntry


async def redact_details(connection: AsyncConnection, user_id: UUID) -> int:
    """Remove the details of all entries about a person; how many had some.

    That they were acted on, when and by whom stays, by id: what they did to others as a moderator
    is not theirs to have removed. For the transaction of their erasure, whose own entry
    (`user.erase`) says why the details are gone: call it before recording that.
    Index: idx_audit_log_target.
    """
    about_them = (
        AuditEntry.target_kind == "user",
        AuditEntry.target_id == str(user_id),
        or_(AuditEntry.details.is_not(None), AuditEntry.details_salt.is_not(None)),
    )
    redacted = update(AuditEntry).where(*about_them).values(details=None, details_salt=None)
    return (await connection.execute(redacted)).rowcount

"""What forbids an erasure."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import Conflict
from fynix_server.privacy import queries


async def require_no_hold(connection: AsyncConnection, user_id: UUID) -> None:
    """Raises: Conflict (code `under_legal_hold`): they, or a conversation of theirs, must stay."""
    if await queries.is_held(connection, user_id):
        raise Conflict(
            "What they wrote is under a legal hold; lift it first.", code="under_legal_hold"
        )

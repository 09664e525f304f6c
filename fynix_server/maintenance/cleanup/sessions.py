"""Cleaning up sessions that have ended, with their refresh tokens."""

from collections import Counter

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.maintenance.cleanup import queries
from fynix_server.maintenance.cleanup.sweep import Cutoffs, Found, Key, Removed, Subject
from fynix_server.tables import RefreshToken, Session

_ORDER = (Session.id,)


class SessionSweep:
    """By id. Used tokens go with their session: until then seeing one again is theft."""

    subject: Subject = "sessions"

    def __init__(self, cutoffs: Cutoffs) -> None:
        self._cutoffs = cutoffs

    async def find(self, connection: AsyncConnection, after: Key | None, limit: int) -> Found:
        """Index: pk_sessions."""
        look = queries.Look(_ORDER, after, limit, order=1)
        return await queries.look(connection, look, self._may_go())

    async def remove(self, connection: AsyncConnection, keys: list[Key]) -> Removed:
        """Indexes: pk_sessions, idx_refresh_tokens_session_id."""
        await queries.lock_policies(connection)
        query = select(Session.id).where(Session.id.in_([key[0] for key in keys]))
        locking = query.where(*self._may_go()).order_by(Session.id).with_for_update()
        ids = list((await connection.execute(locking)).scalars())
        tokens = RefreshToken.session_id.in_(ids)
        removed = Counter(refresh_tokens=await queries.count(connection, RefreshToken, tokens))
        await connection.execute(delete(Session).where(Session.id.in_(ids)))
        return +(removed + Counter(sessions=len(ids)))

    def _may_go(self) -> list[ColumnElement[bool]]:
        before = self._cutoffs.before or self._cutoffs.now
        return [
            or_(Session.revoked_at < before, Session.expires_at < before),
            Session.user_id.not_in(queries.held("user")),
        ]

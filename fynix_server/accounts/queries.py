"""SQL of accounts. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.errors import Conflict
from fynix_server.protocol.accounts import OwnUserResponse, Role
from fynix_server.tables import User, is_active_at, new_id

_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True)
class Account:
    """A person's row."""

    id: UUID
    username: str
    display_name: str
    avatar_url: str | None
    password_hash: str
    role: str
    status: str
    created_at: datetime
    status_until: datetime | None
    accepts_new_dms: bool

    def as_own(self) -> OwnUserResponse:
        """The person as they see themselves."""
        return OwnUserResponse(
            id=self.id,
            username=self.username,
            display_name=self.display_name,
            avatar_url=self.avatar_url,
            created_at=self.created_at,
            role=cast(Role, self.role),
            accepts_new_dms=self.accepts_new_dms,
        )


_ACCOUNT: tuple[Any, ...] = (
    User.id,
    User.username,
    User.display_name,
    User.avatar_url,
    User.password_hash,
    User.role,
    User.status,
    User.created_at,
    User.status_until,
    User.accepts_new_dms,
)


async def insert_user(  # noqa: PLR0913 - the columns of one row, by name
    connection: AsyncConnection,
    *,
    username: str,
    display_name: str,
    password_hash: str,
    role: str = "user",
    now: datetime,
) -> UUID:
    """Add a person; `username` is in lower case already.

    Raises: Conflict (code `username_taken`); the transaction is then fit only for a rollback.
    """
    user_id = new_id()
    row = {
        "id": user_id,
        "username": username,
        "display_name": display_name,
        "password_hash": password_hash,
        "role": role,
        "status": "active",
        "created_at": now,
        "updated_at": now,
    }
    try:
        await connection.execute(insert(User), row)
    except IntegrityError as error:
        # The id is new, so the only other unique column it is.
        raise Conflict(f"The name {username!r} is taken.", code="username_taken") from error
    return user_id


async def account_by_id(connection: AsyncConnection, user_id: UUID) -> Account | None:
    """The person, suspended ones too. By primary key."""
    return await _account(connection, User.id == user_id)


async def account_by_name(connection: AsyncConnection, username: str) -> Account | None:
    """The person called `username` (lower case). Index: the unique one of `username`."""
    return await _account(connection, User.username == username)


async def accounts_by_prefix(
    connection: AsyncConnection, prefix: str, after: str | None, limit: int, now: datetime
) -> Sequence[Account]:
    """Active people whose name begins with `prefix`, by name, from the one after `after` on.

    Index: the unique one of `username`.
    """
    query = select(*_ACCOUNT).where(is_active_at(now))
    if prefix:
        # Not LIKE, for which neither database uses the index when the pattern is a parameter.
        query = query.where(User.username >= prefix, User.username < prefix + _LAST_CHARACTER)
    if after is not None:
        query = query.where(User.username > after)
    rows = await connection.execute(query.order_by(User.username).limit(limit))
    return [Account(*row) for row in rows]


async def update_user(connection: AsyncConnection, user_id: UUID, changes: dict[str, Any]) -> None:
    """Set the columns named in `changes`; of whoever was erased meanwhile none."""
    changed = update(User).where(User.id == user_id, User.status != "erased")
    await connection.execute(changed.values(**changes))


async def lock_unerased(connection: AsyncConnection, user_id: UUID) -> bool:
    """Whether somebody has not been erased, and will not be before the commit. By primary key."""
    query = select(User.id).where(User.id == user_id, User.status != "erased")
    locked = query.with_for_update(read=True, key_share=True)
    return (await connection.execute(locked)).first() is not None


async def replace_password_hash(
    connection: AsyncConnection, account: Account, password_hash: str
) -> None:
    """Store a newer hash of the same password, unless the password was changed meanwhile."""
    statement = update(User).where(
        User.id == account.id, User.password_hash == account.password_hash
    )
    await connection.execute(statement.values(password_hash=password_hash))


async def _account(connection: AsyncConnection, condition: ColumnElement[bool]) -> Account | None:
    row = (await connection.execute(select(*_ACCOUNT).where(condition))).one_or_none()
    return None if row is None else Account(*row)

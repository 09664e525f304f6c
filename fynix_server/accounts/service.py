"""What people do with their accounts: registering, and changing what others see of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fynix_server.accounts import queries
from fynix_server.accounts.queries import Account
from fynix_server.accounts.sessions import open_session
from fynix_server.auth import Principal
from fynix_server.errors import FieldError, InvalidInput, NotFound, NotPermitted
from fynix_server.protocol.accounts import (
    OwnUserResponse,
    RegisterRequest,
    TokenResponse,
    UserListQuery,
    UserListResponse,
    UserResponse,
    UserUpdate,
)
from fynix_server.resources import Resources


async def register(
    resources: Resources, wanted: RegisterRequest, user_agent: str | None
) -> TokenResponse:
    """Make an account and log in to it.

    Raises: NotPermitted (code `registration_closed`), Conflict (code `username_taken`),
    Unavailable.
    """
    if resources.settings.registration == "closed":
        raise NotPermitted(
            "Registration is closed here; ask an admin for an account.", code="registration_closed"
        )
    password_hash = await resources.passwords.hash(wanted.password)
    async with resources.database.write() as connection:
        user_id = await queries.insert_user(
            connection,
            username=wanted.username,
            display_name=wanted.display_name or wanted.username,
            password_hash=password_hash,
            now=resources.clock(),
        )
        account = _found(await queries.account_by_id(connection, user_id))
        return await open_session(resources, connection, account, user_agent)


async def list_users(resources: Resources, wanted: UserListQuery) -> UserListResponse:
    """A page of the active people whose name begins with `q`, by name."""
    prefix, after = (wanted.q or "").lower(), wanted.after and wanted.after.lower()
    if "\x00" in prefix + (after or ""):
        # No name has it, and Postgres would refuse the question.
        return UserListResponse(users=[], next_after=None)
    async with resources.database.read() as connection:
        found = await queries.accounts_by_prefix(
            connection, prefix, after, wanted.limit + 1, resources.clock()
        )
    page = found[: wanted.limit]
    return UserListResponse(
        users=[_as_others_see(account) for account in page],
        next_after=page[-1].username if len(found) > len(page) else None,
    )


async def user_by_id(resources: Resources, user_id: UUID) -> UserResponse:
    """A person as others see them, suspended ones too: old messages name them.

    Raises: NotFound.
    """
    async with resources.database.read() as connection:
        return _as_others_see(_found(await queries.account_by_id(connection, user_id)))


async def own_user(resources: Resources, principal: Principal) -> OwnUserResponse:
    """Who is asking."""
    async with resources.database.read() as connection:
        return _found(await queries.account_by_id(connection, principal.user_id)).as_own()


async def update_own_user(
    resources: Resources, principal: Principal, wanted: UserUpdate
) -> OwnUserResponse:
    """Change what is given and leave the rest. A null `avatar_url` takes the picture away.

    Raises: InvalidInput (a null `display_name` or `accepts_new_dms`).
    """
    changes = _changes(wanted, resources.clock())
    async with resources.database.write() as connection:
        if changes:
            await queries.update_user(connection, principal.user_id, changes)
        return _found(await queries.account_by_id(connection, principal.user_id)).as_own()


def _changes(wanted: UserUpdate, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    for name in ("display_name", "accepts_new_dms"):
        if name in changes and changes[name] is None:
            detail = "must not be null; leave it out to keep it"
            field = f"body.{name}"
            raise InvalidInput(f"{field}: {detail}", errors=(FieldError(field, detail),))
    return {**changes, "updated_at": now} if changes else {}


def _found(account: Account | None) -> Account:
    if account is None:
        raise NotFound("There is no such person.", code="user_not_found")
    return account


def _as_others_see(account: Account) -> UserResponse:
    return UserResponse(
        id=account.id,
        username=account.username,
        display_name=account.display_name,
        avatar_url=account.avatar_url,
        created_at=account.created_at,
    )

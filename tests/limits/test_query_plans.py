"""What is asked about one person's limits, logins and name is found by an index."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_server.accounts.session_queries import live_sessions_by_age, revoke_sessions
from fynix_server.acted_on import find_person, usernames_of
from fynix_server.clock import utc_now
from fynix_server.maintenance.bulk import bulk_insert
from fynix_server.policy import own_limits
from fynix_server.rate_limit import BUCKETS
from fynix_server.tables import LimitOverride, Session, User, new_id
from tests.people import Api
from tests.query_plans.asking import gather_statistics, require_indexes

PEOPLE = 2000
SOMEBODY = UUID(int=17)
LARGE = {"limit_overrides", "sessions", "users"}

ASKED: dict[str, tuple[Callable[[AsyncConnection], Awaitable[Any]], set[str]]] = {
    "a person": (lambda connection: find_person(connection, SOMEBODY), {"pk_users"}),
    "names of a page": (
        lambda connection: usernames_of(connection, [UUID(int=it) for it in range(1, 21)]),
        {"pk_users"},
    ),
    "limits of one's own": (
        lambda connection: own_limits(connection, SOMEBODY, utc_now()),
        {"pk_limit_overrides"},
    ),
    "logins of one": (
        lambda connection: live_sessions_by_age(connection, SOMEBODY, utc_now(), None, 51),
        {"idx_sessions_user"},
    ),
    "logins of one, the next page": (
        lambda connection: live_sessions_by_age(connection, SOMEBODY, utc_now(), new_id(), 51),
        {"idx_sessions_user"},
    ),
    "ending all logins of one": (
        lambda connection: revoke_sessions(connection, SOMEBODY, utc_now()),
        {"idx_sessions_user"},
    ),
}


async def fill(api: Api) -> None:
    """Everybody has ten logins, and a limit of their own in every bucket."""
    now = utc_now()
    later = now + timedelta(days=30)
    people = [UUID(int=1 + number) for number in range(PEOPLE)]
    async with api.resources.database.write() as connection:
        columns = ["id", "username", "display_name", "password_hash", "created_at", "updated_at"]
        names = [(it, f"user{it.int}", "Somebody", "!", now, now) for it in people]
        await bulk_insert(connection, User, columns, names)
        logins = [(new_id(), it, later) for _ in range(10) for it in people]
        await bulk_insert(connection, Session, ["id", "user_id", "expires_at"], logins)
        columns = ["user_id", "bucket", "max_count", "window_seconds", "set_by"]
        limits = [(it, bucket, 5, 60, "fynix") for it in people for bucket in BUCKETS]
        await bulk_insert(connection, LimitOverride, columns, limits)


@pytest.mark.parametrize("has_statistics", [False, True])
async def test_no_large_table_is_read_as_a_whole(api: Api, has_statistics: bool) -> None:
    await fill(api)
    database = api.resources.database
    await gather_statistics(database, is_wanted=has_statistics)

    await require_indexes(database, ASKED, LARGE)

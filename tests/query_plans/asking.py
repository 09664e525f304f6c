"""A filled database of each kind, and what EXPLAIN must say of all that is asked there."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_cli.stack.postgres import Postgres
from fynix_server.database import Database
from fynix_server.settings import Settings, load_settings
from tests.conftest import COMMON, TEMPLATE
from tests.query_plans.plan import Plan, plan_of
from tests.stacks import create_database, drop_database

T = TypeVar("T")
Ask = Callable[[AsyncConnection], Awaitable[Any]]
Asked = Mapping[str, tuple[Ask, AbstractSet[str]]]
"""By a name: what asks, and the indexes that it must use; `one or other` where either will do."""
AskedAbout = Mapping[str, tuple[Callable[[AsyncConnection, T], Awaitable[Any]], AbstractSet[str]]]


def filled(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    fill: Callable[[Settings], Coroutine[Any, Any, None]],
) -> Iterator[Settings]:
    """Settings of a database of the kind `request.param` ("embedded" or "full") after `fill`: the
    body of a fixture of a module, since filling takes seconds."""
    folder = tmp_path_factory.mktemp("filled")
    if request.param == "embedded":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "fynix.db")
        settings = load_settings(data_dir=folder, **COMMON)
        asyncio.run(fill(settings))
        yield settings
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = request.module.__name__.replace(".", "_")
    url = asyncio.run(create_database(postgres, name, TEMPLATE))
    settings = load_settings(database_url=url, data_dir=folder, **COMMON)
    asyncio.run(fill(settings))
    yield settings
    asyncio.run(drop_database(postgres, name))


async def gather_statistics(database: Database, *, is_wanted: bool) -> None:
    """Postgres gathers them by itself, so there they are always wanted; SQLite never does."""
    if is_wanted or not database.is_sqlite:
        async with database.write() as connection:
            await connection.execute(text("ANALYZE"))


def about(asked: AskedAbout[T], subject: T) -> Asked:
    """What is asked of a subject that only the filled database tells."""
    return {name: (_about(ask, subject), indexes) for name, (ask, indexes) in asked.items()}


def _about(ask: Callable[[AsyncConnection, T], Awaitable[Any]], subject: T) -> Ask:
    return lambda connection: ask(connection, subject)


async def require_indexes(database: Database, asked: Asked, large: AbstractSet[str]) -> None:
    """Each uses its indexes, and reads no `large` table as a whole.

    They are asked apart from one another, and nothing of what they change stays.
    """
    plans = {}
    for name, (ask, _) in asked.items():
        async with database.write() as connection:
            plans[name] = await plan_of(connection, partial(ask, connection))
            await connection.rollback()
    judge(plans, asked, large)


def judge(plans: Mapping[str, Plan], asked: Asked, large: AbstractSet[str]) -> None:
    """As `require_indexes`, of plans that are known."""
    read_whole = {name: plan.scanned & large for name, plan in plans.items()}
    assert {name: tables for name, tables in read_whole.items() if tables} == {}
    unused = {
        name: [it for it in indexes if plans[name].indexes.isdisjoint(it.split(" or "))]
        for name, (_, indexes) in asked.items()
    }
    assert {name: indexes for name, indexes in unused.items() if indexes} == {}

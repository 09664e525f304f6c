"""A small seed, planned once."""

from typing import Any

import pytest

from fynix_server.database import Database
from fynix_server.maintenance.seed_plan import SeedPlan, SeedRequest, make_plan
from fynix_server.settings import Settings
from fynix_server.tables import TABLES

SMALL = SeedRequest(conversations=24, messages=600, seed=7)

Contents = dict[str, list[Any]]


@pytest.fixture(scope="session")
def plan() -> SeedPlan:
    return make_plan(SMALL)


class Told:
    """Counts what it is told of."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, count: int) -> None:
        self.count += count


@pytest.fixture
def told() -> Told:
    return Told()


async def contents(settings: Settings) -> Contents:
    """Every row of every table, by the table's name, in the order of its key."""
    database = Database(settings)
    try:
        async with database.read() as connection:
            return {
                table.name: list(
                    await connection.execute(table.select().order_by(*table.primary_key.columns))
                )
                for table in TABLES
            }
    finally:
        await database.close()

"""Metrics of the database, which no feature counts by itself."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from fynix_server.metrics import REGISTRY, observe_queries


def observed(statement: str) -> float:
    labels = {"statement": statement}
    return REGISTRY.get_sample_value("fynix_db_query_duration_seconds_count", labels) or 0


async def test_each_statement_is_measured_by_its_kind_and_a_failed_one_is_not() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    observe_queries(engine)
    before = {kind: observed(kind) for kind in ("select", "insert", "update", "other")}

    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE numbers (number INTEGER)"))
        await connection.execute(text("insert into numbers values (1)"))
        await connection.execute(text("SELECT number FROM numbers"))
        with pytest.raises(OperationalError):
            await connection.execute(text("UPDATE nothing SET number = 2"))
    await engine.dispose()

    counted = {kind: observed(kind) - before[kind] for kind in before}
    assert counted == {"select": 1, "insert": 1, "update": 0, "other": 1}

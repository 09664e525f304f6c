"""A connection to a Postgres that has gone silent can still be closed, without an error."""

import asyncio
import os
import signal

from fynix_cli.stack.postgres import Postgres
from fynix_server.database.engines import postgres_engine
from fynix_server.settings import load_settings

SECRET = "a-secret-that-only-these-tests-use-0123456789"


async def test_a_line_to_a_postgres_that_is_silent_is_cut_off_without_an_error(
    postgres: Postgres,
) -> None:
    url = postgres.url("postgres")
    engine = postgres_engine(load_settings(database_url=url, jwt_secret_key=SECRET))
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        process_id = driver.get_server_pid()
        os.kill(process_id, signal.SIGSTOP)
        try:
            asking = asyncio.create_task(driver.fetchval("SELECT 1"))
            await asyncio.sleep(0)
            await driver.close(timeout=0.1)
        finally:
            os.kill(process_id, signal.SIGCONT)
        answers = await asyncio.gather(asking, return_exceptions=True)

        assert driver.is_closed()
        assert isinstance(answers[0], Exception)
        await connection.invalidate()
    await engine.dispose()

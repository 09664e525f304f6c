"""Servers with other settings, and what tests look up in the database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import update

from fynix_server.app import create_app
from fynix_server.settings import Settings
from fynix_server.tables import User
from tests.people import Api, MovableClock, Person
from tests.running import run_app

Serve = Callable[..., Awaitable[Api]]


@pytest.fixture
async def serve(settings: Settings, clock: MovableClock) -> AsyncIterator[Serve]:
    """Starts servers on this test's database, each with settings changed as asked."""
    async with AsyncExitStack() as stack:

        async def start(**changes: object) -> Api:
            app = create_app(settings.model_copy(update=changes), clock)
            return Api(await stack.enter_async_context(run_app(app)), app, clock, stack)

        yield start


async def suspend(api: Api, person: Person) -> None:
    """What moderation will do to an account."""
    async with api.resources.database.write() as connection:
        await connection.execute(
            update(User).where(User.id == person.user_id).values(status="suspended")
        )
    api.resources.sessions.forget(person.session_id)

"""Starting and stopping."""

import asyncio

from fynix_server.app import create_app
from fynix_server.settings import Settings
from tests.people import DEADLINE_SECONDS, MovableClock
from tests.running import run_app


async def test_a_server_that_stops_right_after_starting_stops(
    settings: Settings, clock: MovableClock
) -> None:
    for _ in range(2):
        async with asyncio.timeout(DEADLINE_SECONDS), run_app(create_app(settings, clock)):
            pass

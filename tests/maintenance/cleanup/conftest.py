"""A database full of old conversations, in which everything may be cleaned up."""

import pytest

from fynix_server.maintenance.seed_plan import SeedPlan
from fynix_server.maintenance.seeding import seed_database
from fynix_server.settings import Settings

OLD_MESSAGES = 600


@pytest.fixture
async def old(settings: Settings, plan: SeedPlan) -> Settings:
    """Settings of a database with OLD_MESSAGES messages from years ago."""
    await seed_database(settings, plan, None, lambda count: None)
    return settings

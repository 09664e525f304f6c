"""Two servers for whoever tests more than one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fynix_cli.stack.postgres import Postgres
from fynix_cli.stack.valkey import Valkey
from tests.end_to_end.two_servers import TwoServers, two_servers


@pytest.fixture
async def two(postgres: Postgres, valkey: Valkey, tmp_path: Path) -> AsyncIterator[TwoServers]:
    async with two_servers(postgres, valkey, tmp_path) as it:
        yield it

"""Terminals of machines that have a database, and no server."""

import os

import pytest

from fynix_server.settings import Settings
from tests.cli.terminal import Terminal


def point_at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal whose environment names this database and nothing else."""
    for name in ("JWT_SECRET_KEY", "REDIS_URL", "FYNIX_PASSWORD", "FYNIX_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FYNIX_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("FYNIX_PASSWORD_HASH_MEMORY_KIB", str(settings.password_hash_memory_kib))
    monkeypatch.setenv("FYNIX_PASSWORD_HASH_PASSES", str(settings.password_hash_passes))
    return Terminal(dict(os.environ))


@pytest.fixture
def local(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal beside a migrated database."""
    return point_at(settings, monkeypatch)

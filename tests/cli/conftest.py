"""Terminals: of machines with a database and no server, and of people at a server."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fynix_server.settings import Settings
from tests.cli.terminal import Terminal
from tests.people import PASSWORD, Api


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


@asynccontextmanager
async def logged_in(
    api: Api, folder: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> AsyncIterator[Terminal]:
    """A terminal of a machine where these have logged in, one after the other."""
    monkeypatch.setenv("FYNIX_SERVER", api.url)
    monkeypatch.setenv("FYNIX_CONFIG_DIR", str(folder / "config"))
    monkeypatch.setenv("FYNIX_PASSWORD", PASSWORD)
    terminal = Terminal(dict(os.environ))
    for name in names:
        await terminal.run("login", name, "--register")
    yield terminal
    await terminal.close()


@pytest.fixture
async def terminal(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """A terminal of a machine where alice and then bob have logged in."""
    async with logged_in(api, tmp_path, monkeypatch, ("alice", "bob")) as terminal:
        yield terminal


async def write_to_bob(terminal: Terminal, *contents: str) -> list[dict[str, Any]]:
    """What alice writes to bob, as it is stored."""
    sent = [
        await terminal.run("send", "bob", content, "--as", "alice", "-o", "json")
        for content in contents
    ]
    return [json.loads(answer.out) for answer in sent]

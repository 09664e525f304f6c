"""The private servers that scenarios are played on: what moves them, and who cannot reach it."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from grimp import build_graph

from fynix_cli.errors import CommandError
from fynix_cli.scenario.model.document import SERVER_SETTINGS
from fynix_cli.scenario.servers.forks import start_node
from fynix_cli.scenario.servers.makers import WorldMaker
from fynix_cli.scenario.servers.node_plan import NodePlan
from fynix_cli.scenario.servers.world import ServerSpec
from fynix_server.app import create_app
from fynix_server.protocol.frames import client_frame_adapter
from fynix_server.settings import Settings
from tests.people import PASSWORD, Api


async def status_of(url: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{url}/readyz")).status_code


async def test_a_world_serves_and_is_gone_afterwards(makers: dict[str, WorldMaker]) -> None:
    async with makers["embedded"].world(ServerSpec()) as world:
        assert await status_of(world.urls[0]) == 200
        assert await world.is_alive()

    with pytest.raises(httpx.ConnectError):
        await status_of(world.urls[0])


async def test_worlds_share_nothing(makers: dict[str, WorldMaker]) -> None:
    maker = makers["embedded"]
    async with maker.world(ServerSpec()) as one, maker.world(ServerSpec()) as other:
        for world in (one, other):
            async with httpx.AsyncClient(base_url=world.urls[0], trust_env=False) as client:
                body = {"username": "alice", "password": PASSWORD}
                assert (await client.post("/api/auth/register", json=body)).status_code == 201


async def test_a_killed_node_comes_back_at_the_same_address_with_the_same_data(
    makers: dict[str, WorldMaker],
) -> None:
    async with makers["embedded"].world(ServerSpec()) as world:
        body = {"username": "alice", "password": PASSWORD}
        async with httpx.AsyncClient(base_url=world.urls[0], trust_env=False) as client:
            await client.post("/api/auth/register", json=body)
            await world.kill_node(0)
            with pytest.raises(httpx.TransportError):
                await client.get("/readyz")
            await world.start_node(0)
            assert (await client.post("/api/auth/login", json=body)).status_code == 200


async def test_settings_of_the_shell_are_not_those_of_private_servers(
    makers: dict[str, WorldMaker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which would at worst be a real database's address."""
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("FYNIX_REGISTRATION", "closed")

    async with makers["embedded"].world(ServerSpec()) as world:
        assert await status_of(world.urls[0]) == 200
        environment = world.environment()

    assert "DATABASE_URL" not in environment
    assert environment["FYNIX_DATA_DIR"].startswith(
        str(Path(environment["FYNIX_CONFIG_DIR"]).parent)
    )


@pytest.mark.usefixtures("makers")
async def test_a_node_is_never_a_production_server(tmp_path: Path) -> None:
    overrides = {"data_dir": tmp_path, "env": "production", "jwt_secret_key": "x" * 40}

    with pytest.raises(CommandError, match="a scenario's server is never a production server"):
        await start_node(NodePlan(overrides, 0, tmp_path / "log"))


@pytest.mark.usefixtures("makers")
async def test_a_node_that_cannot_start_says_why(tmp_path: Path) -> None:
    overrides: dict[str, Any] = {"data_dir": tmp_path, "rate_limit_messages": "lots"}

    with pytest.raises(CommandError, match="FYNIX_RATE_LIMIT_MESSAGES: must be COUNT/SECONDS"):
        await start_node(NodePlan(overrides, 0, tmp_path / "log"))


def test_no_scenario_can_choose_what_the_run_itself_decides() -> None:
    assert not {"env", "database_url", "redis_url", "data_dir", "jwt_secret_key"} & set(
        SERVER_SETTINGS
    )


def test_nothing_that_serves_in_earnest_knows_of_the_orders_that_nodes_obey() -> None:
    """No import leads from the server, or from `fynix serve`, to where the clock is moved."""
    graph = build_graph("fynix_server", "fynix_cli")
    orders = graph.find_descendants("fynix_cli.scenario") | {"fynix_cli.scenario"}
    serving = graph.find_descendants("fynix_cli.serving") | graph.find_descendants("fynix_server")

    assert "fynix_cli.scenario.servers.node" in orders
    for module in sorted(serving | {"fynix_cli.serving", "fynix_cli.commands.serve"}):
        assert not graph.find_modules_directly_imported_by(module) & orders, module


def test_no_route_frame_or_setting_of_a_server_moves_its_clock(settings: Settings) -> None:
    app = create_app(settings)
    words = re.compile(r"clock|advance|\bfaults?\b|scenario", re.IGNORECASE)

    assert not [it.rule for it in app.url_map.iter_rules() if words.search(it.rule)]
    assert not [name for name in Settings.model_fields if words.search(name)]
    assert not words.search(str(client_frame_adapter.json_schema()))


async def test_a_server_takes_no_orders_over_its_lines(api: Api) -> None:
    """What a node is told through its pipe means nothing to a server that is asked by clients."""
    alice = await api.register("alice")
    live = await alice.live()
    before = api.clock()

    for frame in ({"type": "advance", "seconds": 61}, {"type": "clock.advance", "by": "61s"}):
        await live.send(**frame)
        assert (await live.expect("error"))["code"] == 4003
    for path in ("/advance", "/api/clock", "/api/admin/clock", "/api/test/advance"):
        assert (await alice.client.post(path, json={"seconds": 61})).status_code == 404

    assert (api.clock() - before).total_seconds() < 60


async def test_the_clock_of_a_world_moves_and_of_no_other(makers: dict[str, WorldMaker]) -> None:
    maker = makers["embedded"]
    spec = ServerSpec(settings={"jwt_expire_minutes": 1})
    async with maker.world(spec) as moved, maker.world(spec) as still:
        codes = []
        for world in (moved, still):
            async with httpx.AsyncClient(base_url=world.urls[0], trust_env=False) as client:
                body = {"username": "alice", "password": PASSWORD}
                token = (await client.post("/api/auth/register", json=body)).json()["access_token"]
                await moved.advance(61)
                headers = {"Authorization": f"Bearer {token}"}
                codes.append((await client.get("/api/users/me", headers=headers)).status_code)

    assert codes == [401, 200]


async def test_a_node_that_comes_back_has_not_lost_the_time(
    makers: dict[str, WorldMaker],
) -> None:
    async with makers["embedded"].world(ServerSpec()) as world:
        body = {"username": "alice", "password": PASSWORD}
        async with httpx.AsyncClient(base_url=world.urls[0], trust_env=False) as client:
            await world.advance(3600)
            made = (await client.post("/api/auth/register", json=body)).json()["user"]["created_at"]
            await world.kill_node(0)
            await world.start_node(0)
            other = (
                await client.post("/api/auth/register", json={**body, "username": "bob"})
            ).json()

    assert other["user"]["created_at"] > made


async def test_many_worlds_can_begin_at_once(makers: dict[str, WorldMaker]) -> None:
    async def one() -> int:
        async with makers["embedded"].world(ServerSpec()) as world:
            return await status_of(world.urls[0])

    assert await asyncio.gather(*(one() for _ in range(4))) == [200] * 4

"""Ports that are free, taken by a Fynix, and taken by something else."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from fynix_cli.checkup.check import State
from fynix_cli.checkup.ports import check_ports
from fynix_cli.stack.process import free_port
from fynix_server.health import start_metrics_server
from fynix_server.settings import load_settings
from tests.checkup.findings import findings
from tests.conftest import COMMON
from tests.people import Api


async def test_a_port_that_is_free_is_well_and_stays_free() -> None:
    settings = load_settings(port=free_port(), **COMMON)

    first = await findings(check_ports, settings)
    second = await findings(check_ports, settings)

    assert first["listen"].found == f"127.0.0.1:{settings.port} is free"
    assert second["listen"].state is State.ok


async def test_a_fynix_that_listens_there_is_well_and_told(api: Api) -> None:
    settings = load_settings(port=urlsplit(api.url).port, **COMMON)

    found = await findings(check_ports, settings)

    assert found["listen"].state is State.ok
    assert found["listen"].found == f"a Fynix answers at {api.url}: ready"


async def test_somebody_else_who_listens_there_is_a_failure() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    stranger = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = stranger.sockets[0].getsockname()[1]

    found = await findings(
        check_ports, load_settings(port=port, metrics_address=f"127.0.0.1:{port}", **COMMON)
    )

    stranger.close()
    assert found["listen"].state is State.failed
    assert "not by a Fynix" in found["listen"].found
    assert f"--port {port + 1}" in str(found["listen"].mend)
    assert found["metrics"].state is State.failed


async def test_metrics_of_a_fynix_are_well() -> None:
    address = f"127.0.0.1:{free_port()}"
    settings = load_settings(port=0, metrics_address=address, **COMMON)

    free = await findings(check_ports, settings)
    close = start_metrics_server(settings)
    try:
        taken = await findings(check_ports, settings)
    finally:
        close()

    assert free["metrics"].found == f"{address} is free"
    assert taken["metrics"].state is State.ok
    assert "a Fynix answers" in taken["metrics"].found


async def test_an_address_that_is_not_of_this_machine_is_a_failure(tmp_path: Path) -> None:
    settings = load_settings(host="192.0.2.1", data_dir=tmp_path, **COMMON)

    found = await findings(check_ports, settings)

    assert found["listen"].state is State.failed
    assert "--host" in str(found["listen"].mend)

"""Asking a server how it is: the work behind `fynix status`."""

import asyncio
import time

from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError
from fynix_cli.output import OutputFormat, print_object
from fynix_cli.session import anonymous_client


def show_status(server: str, output: OutputFormat) -> None:
    """Raises: CommandError (it is not ready), Unreachable."""
    # One attempt: that it does not answer is an answer here.
    status = asyncio.run(_ask(anonymous_client(server, attempts=1)))
    print_object(status, output)
    if status["status"] == "unready":
        raise CommandError(f"{server} is not ready", hint="its log says why")


async def _ask(rest: RestClient) -> dict[str, object]:
    async with rest:
        began = time.perf_counter()
        ready = await rest.ready()
        # The first request also opens the connection; it is what a new client feels.
        milliseconds = round((time.perf_counter() - began) * 1000, 1)
        sockets = await rest.socket_health()
        version = await rest.server_version()
    return {
        "server": rest.http.server,
        "status": ready.status,
        "version": version,
        "latency_ms": milliseconds,
        "active_connections": sockets.active_connections,
        "connected_users": sockets.connected_users,
        "checks": {**sockets.checks, **ready.checks},
    }

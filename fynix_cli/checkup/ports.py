"""Whether a server could listen where the settings say, or does so already."""

from collections.abc import AsyncIterator

import httpx

from fynix_cli.checkup.blocking import in_thread
from fynix_cli.checkup.check import Found, Teller
from fynix_cli.checkup.surroundings import Surroundings
from fynix_cli.client.failures import ApiError
from fynix_cli.errors import CommandError, Unreachable
from fynix_cli.serving.listening import PortTaken, bound, url_at
from fynix_cli.session import anonymous_client

ANSWER_SECONDS = 2.0

_tell = Teller("ports")


async def check_ports(around: Surroundings) -> AsyncIterator[Found]:
    """Takes the port for a moment, without listening on it."""
    settings = around.settings
    if why := around.why_unknown("host", "port"):
        yield _tell.skipped("listen", why)
    else:
        yield await _listen(settings.host, settings.port)
    if settings.metrics_address is not None:
        host, port = settings.metrics_address.rsplit(":", 1)
        yield await _metrics(host, int(port))


async def _listen(host: str, port: int) -> Found:
    try:
        await in_thread(lambda: bound(host, port).close())
    except PortTaken as error:
        url = url_at(host, port)
        readiness = await _readiness(url)
        if readiness is not None:
            return _tell.ok("listen", f"a Fynix answers at {url}: {readiness}")
        return _tell.failed("listen", f"{error.message}, and not by a Fynix", error.hint or "")
    except CommandError as error:
        return _tell.failed("listen", error.message, error.hint or "")
    return _tell.ok("listen", f"{host}:{port} is free" if port else "any port that is free")


async def _metrics(host: str, port: int) -> Found:
    try:
        await in_thread(lambda: bound(host, port).close())
    except PortTaken as error:
        if await _has_metrics(f"{url_at(host, port)}/metrics"):
            return _tell.ok("metrics", f"a Fynix answers at {url_at(host, port)}/metrics")
        return _tell.failed(
            "metrics", f"{error.message}, and not by a Fynix", "set another FYNIX_METRICS_ADDRESS"
        )
    except (CommandError, OverflowError) as error:
        return _tell.failed("metrics", str(error), "set another FYNIX_METRICS_ADDRESS")
    return _tell.ok("metrics", f"{host}:{port} is free")


async def _readiness(url: str) -> str | None:
    """What /readyz says there; None: it is no Fynix."""
    async with anonymous_client(url, attempts=1) as rest:
        try:
            return (await rest.ready()).status
        except (ApiError, Unreachable):
            return None


async def _has_metrics(url: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=ANSWER_SECONDS) as client:
            return "fynix_websocket_connections" in (await client.get(url)).text
    except httpx.HTTPError:
        return False

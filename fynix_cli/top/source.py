"""Asking a server for samples, again and again, whether it is there or not."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from fynix_cli.client.failures import ApiError
from fynix_cli.client.http import Call
from fynix_cli.client.rest import RestClient
from fynix_cli.client.server_url import checked_server, is_local
from fynix_cli.errors import CommandError, Unreachable
from fynix_cli.session import anonymous_client
from fynix_cli.top.exposition import Exposition
from fynix_cli.top.reading import Reading, Sample, read

ANSWER_SECONDS = 5.0
NOT_FOUND = 404


@dataclass(frozen=True)
class Away:
    """The server did not answer; why."""

    reason: str


@dataclass(frozen=True)
class Place:
    """A server, and where its metrics are (None: at its own /metrics)."""

    server: str
    metrics_url: str | None = None


def checked_metrics_url(text: str) -> str:
    """`text`, an URL or the HOST:PORT of FYNIX_METRICS_ADDRESS, as the URL of a page.

    Raises: CommandError.
    """
    url = checked_server(text if "://" in text else f"http://{text}")
    return url if urlsplit(url).path else f"{url}/metrics"


class Source:
    """Takes samples of one server, over one connection: of workers always the same answers."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._rest = anonymous_client(place.server, attempts=1)
        self._metrics: httpx.AsyncClient | None = None
        if place.metrics_url is not None:
            self._metrics = httpx.AsyncClient(trust_env=not is_local(place.metrics_url))

    async def close(self) -> None:
        await self._rest.http.close()
        if self._metrics is not None:
            await self._metrics.aclose()

    async def sample(self) -> Sample:
        """Raises: Unreachable, CommandError (there are no metrics)."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                health = await self._rest.socket_health()
                page = Exposition(await self._page())
        except TimeoutError:
            raise Unreachable(f"{self.place.server} does not answer in time") from None
        return Sample(
            at=time.monotonic(),
            told_at=health.timestamp,
            health=health.status,
            checks=dict(health.checks),
            people=health.connected_users,
            page=page,
        )

    async def _page(self) -> str:
        if self._metrics is not None and self.place.metrics_url is not None:
            return await _fetch(self._metrics, self.place.metrics_url)
        return await _own_page(self._rest)


async def readings(source: Source, interval: float) -> AsyncGenerator[Reading | Away, None]:
    """A reading every `interval` seconds, without end; the first one has no rates.

    Raises: CommandError (there never were metrics, which waiting does not mend).
    """
    loop = asyncio.get_running_loop()
    due = loop.time()
    before: Sample | None = None
    while True:
        try:
            after = await source.sample()
            yield read(before, after)
            before = after
        except CommandError as error:
            # It was there before: something stands in while it restarts.
            if before is None and not isinstance(error, Unreachable):
                raise
            yield Away(error.message)
        # On the beat, unless an answer took longer than that: then from now on.
        due = max(due + interval, loop.time())
        await asyncio.sleep(due - loop.time())


async def _own_page(rest: RestClient) -> str:
    try:
        return (await rest.http.send(Call("GET", "/metrics", has_token=False))).text
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        raise CommandError(
            f"{rest.http.server} serves no /metrics",
            hint="name where they are: --metrics-url HOST:PORT (its FYNIX_METRICS_ADDRESS)",
        ) from error


async def _fetch(client: httpx.AsyncClient, url: str) -> str:
    try:
        response = await client.get(url, follow_redirects=True)
    except httpx.TransportError as error:
        raise Unreachable(f"nothing answers at {url}") from error
    if not response.is_success:
        raise CommandError(
            f"{url} answered {response.status_code}", hint="is --metrics-url the page of metrics?"
        )
    return response.text

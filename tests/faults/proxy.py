"""Running proxies for tests; what a proxy is stands in fynix_cli/line_proxy.py."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from fynix_cli.line_proxy import Proxy


@asynccontextmanager
async def proxies(*upstreams: Iterable[int]) -> AsyncIterator[list[Proxy]]:
    """One running proxy for each given list of upstream ports."""
    made = [Proxy(*ports) for ports in upstreams]
    try:
        for proxy in made:
            await proxy.start()
        yield made
    finally:
        for proxy in made:
            await proxy.close()

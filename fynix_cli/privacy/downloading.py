"""Receiving an archive, however large, into a file."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from fynix_cli.client.http import Call, HttpClient
from fynix_cli.errors import Unreachable
from fynix_cli.privacy.checking import checked_manifest
from fynix_cli.privacy.saving import new_file
from fynix_server.protocol.privacy import ExportManifest


async def download_archive(http: HttpClient, call: Call, path: Path) -> ExportManifest:
    """Put the archive at `path`, once it has been found to be whole; what is in it.

    Raises: CommandError (there is such a file, it cannot be written, the archive is not whole),
    ApiError, NotLoggedIn, Unreachable.
    """
    with new_file(path) as file:
        async with http.streamed(call) as response:
            try:
                with _receiving() as advance:
                    async for chunk in response.aiter_bytes():
                        file.write(chunk)
                        advance(len(chunk))
            except httpx.TransportError as error:
                raise Unreachable(
                    f"{http.server} broke off in the middle of the archive", hint="export again"
                ) from error
        file.seek(0)
        return checked_manifest(file)


@contextmanager
def _receiving() -> Iterator[Callable[[int], None]]:
    """A bar that shows how much has come, where stderr is a terminal; nobody knows of how much."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    # Rich takes a tenth of a second to import; whoever pipes need not wait for it.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("Receiving"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        yield lambda count: bar.advance(task, count)

"""The work behind `fynix serve`, in its order."""

import asyncio
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import typer

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import talk
from fynix_cli.serving import demo
from fynix_cli.serving.listening import bound, listen, url_of
from fynix_cli.serving.opening import prepare_schema, with_full_stack
from fynix_server.settings import Settings, SettingsError, environment_name, load_settings


@dataclass(frozen=True)
class ServeRequest:
    """What was typed after `fynix serve`. `overrides`: settings by name, on top of the
    environment's."""

    overrides: dict[str, Any]
    is_full_stack: bool
    is_demo: bool
    is_reloading: bool


def run_server(request: ServeRequest) -> None:
    """Serve until told to stop.

    Raises: CommandError, SettingsError (it cannot start), Exit (it had to stop by itself).
    """
    if request.is_reloading:
        from fynix_cli.serving.reloading import reload_on_change

        reload_on_change(partial(_run_once, request))
    elif not _run_once(request, None):
        raise typer.Exit(ExitCode.FAILED)


def _run_once(request: ServeRequest, until: Any) -> bool:
    """Open everything, serve, close everything; False if the server stopped by itself."""
    with ExitStack() as stack:
        overrides = request.overrides
        if request.is_full_stack:
            overrides = stack.enter_context(with_full_stack(overrides))
        settings = load_settings(**overrides)
        if request.is_demo:
            demo.check_demo_is_allowed(settings)
        listener = stack.enter_context(listen(settings.host, settings.port))
        _refuse_metrics_address(settings)
        has_demo_people = asyncio.run(_prepare(settings, request))
        on_ready = _announcement(url_of(listener, settings.host), has_demo_people)
        return _serve(settings, listener, overrides, on_ready, until)


def _refuse_metrics_address(settings: Settings) -> None:
    """Now, for what fails once Hypercorn has begun is no line that names a setting any more.

    Raises: SettingsError (nobody can listen there).
    """
    if settings.metrics_address is None:
        return
    host, port = settings.metrics_address.rsplit(":", 1)
    try:
        bound(host, int(port)).close()
    except CommandError as error:
        raise SettingsError(
            f"FYNIX_METRICS_ADDRESS: {error.message}; set another, free on this machine"
        ) from error


async def _prepare(settings: Settings, request: ServeRequest) -> bool:
    """The database made ready; whether demo people are to be told of."""
    settings.secret_key()
    await prepare_schema(settings, is_private=request.is_full_stack)
    if request.is_demo:
        return await demo.make_demo_people(settings)
    await demo.refuse_open_demo(settings)
    return False


def _announcement(url: str, has_demo_people: bool) -> Callable[[], None]:
    def announce() -> None:
        talk(f"Fynix is ready on {url}")
        if has_demo_people:
            demo.tell_what_to_type(demo.program_name(sys.argv[0]), url)

    return announce


def _serve(
    settings: Settings,
    listener: socket.socket,
    overrides: dict[str, Any],
    on_ready: Callable[[], None],
    until: Any,
) -> bool:
    if settings.workers > 1:
        from fynix_cli.serving.workers import run_workers

        environment = {environment_name(name): str(value) for name, value in overrides.items()}
        return run_workers(settings, listener, environment, on_ready)
    from fynix_cli.serving.instance import run_instance

    return run_instance(settings, listener, on_ready, until)

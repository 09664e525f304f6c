"""What was asked of the plugin, on the command line or in the project's ini file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

STACKS = {"embedded": ("embedded",), "full": ("full",), "both": ("embedded", "full")}
REMOTE = "remote"
"""The stack of a server that runs already."""

_HELP = {
    "fynix_stack": "What private servers run on: embedded (SQLite), full (Postgres and Valkey), "
    "or both, one after the other. Default: embedded.",
    "fynix_server": "URL of a server that runs already, in place of private ones.",
    "fynix_seed": "A number that makes a rerun the same; shown with a failure.",
}


@dataclass(frozen=True)
class Options:
    """`stacks`: what is played on; `server`: in place of private ones; `seed` None: any."""

    stacks: Sequence[str]
    server: str | None
    seed: int | None


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("fynix", "Fynix: scenarios, private servers and people")
    for name, text in _HELP.items():
        group.addoption(f"--{name.replace('_', '-')}", metavar=name[6:].upper(), help=text)
        parser.addini(name, text, default=None)
    text = "Collect no scenarios, and skip the tests which use Fynix's fixtures."
    group.addoption("--no-fynix", action="store_true", help=text)
    parser.addini("fynix", "Whether Fynix's plugin does anything.", type="bool", default=True)


def is_off(config: pytest.Config) -> bool:
    return bool(config.getoption("--no-fynix")) or not config.getini("fynix")


def read_options(config: pytest.Config) -> Options:
    """Raises: UsageError."""
    stack, server = _chosen(config, "fynix_stack"), _chosen(config, "fynix_server")
    if config.getoption("fynix_stack"):
        if config.getoption("fynix_server"):
            raise pytest.UsageError("--fynix-stack is of private servers; --fynix-server is none")
        server = None  # what was typed goes before what the project says
    if server is not None:
        return Options((REMOTE,), _checked(server), _seed(config))
    if stack not in (None, *STACKS):
        raise pytest.UsageError(f"fynix_stack: {stack!r} is none of {', '.join(STACKS)}")
    return Options(STACKS[stack or "embedded"], None, _seed(config))


def _chosen(config: pytest.Config, name: str) -> str | None:
    given: Any = config.getoption(name)
    return given or config.getini(name) or None


def _checked(url: str) -> str:
    from fynix_cli.client.server_url import checked_server
    from fynix_cli.errors import CommandError

    try:
        return checked_server(url)
    except CommandError as error:
        raise pytest.UsageError(f"fynix_server: {error}") from None


def _seed(config: pytest.Config) -> int | None:
    text = _chosen(config, "fynix_seed")
    try:
        return None if text is None else int(text)
    except ValueError:
        raise pytest.UsageError(f"fynix_seed: {text!r} is no whole number") from None

"""The address of a server, as people write it and as the two protocols need it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode

DEFAULT_SERVER = "http://127.0.0.1:8000"


def checked_server(url: str) -> str:
    """`url` without a closing slash. Raises: CommandError (not an http(s) address)."""
    try:
        parts = urlsplit(url.strip())
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        # Reading the port is what checks it.
        is_usable = is_usable and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:
        is_usable = False
    if not is_usable:
        raise CommandError(
            f"{url!r} is not the URL of a server",
            hint=f"write it like {DEFAULT_SERVER}",
            exit_code=ExitCode.USAGE,
        )
    return url.strip().rstrip("/")


def socket_url(server: str) -> str:
    """Where the WebSocket of `server` (a checked URL) is."""
    return "ws" + server.removeprefix("http") + "/api/ws"


def is_local(server: str) -> bool:
    """Whether it is this machine, which no proxy of the environment can reach."""
    host = urlsplit(server).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

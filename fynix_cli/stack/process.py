"""A server process that this one owns: started, waited for, stopped, and never left behind."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

START_SECONDS = 30.0
STOP_SECONDS = 20.0
_POLL_SECONDS = 0.02
_UNPRIVILEGED = "nobody"


class StackError(Exception):
    """A private server cannot run; the text says why, and the mend."""


class OwnedProcess:
    """One child process, its log in `folder`."""

    def __init__(
        self, name: str, argv: Sequence[str], folder: Path, *, stdin: str | None = None
    ) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - a program of our own choice
                [*_unprivileged_prefix(), *argv],
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal is for us: we stop the servers, after our own clients.
                start_new_session=True,
            )
        if stdin is not None and self._child.stdin is not None:
            with self._child.stdin as pipe:
                pipe.write(stdin.encode())

    @property
    def pid(self) -> int:
        return self._child.pid

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Return once `is_ready`.

        Raises: StackError (it ended first, or took too long), with the end of its log.
        """
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if self._child.poll() is not None or time.monotonic() > deadline:
                tail = self._log.read_text(errors="replace").strip().splitlines()[-3:]
                self.kill()
                raise StackError(f"{self.name} does not start: {' / '.join(tail)}")
            time.sleep(_POLL_SECONDS)

    def stop(self, how: signal.Signals) -> None:
        """End it in order, or by force if that takes too long."""
        if self._child.poll() is None:
            self._child.send_signal(how)
            try:
                self._child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._child.kill()
        self._child.wait()

    def pause(self) -> None:
        """Stop its clock: its connections stay open, and nothing is answered."""
        self._child.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._child.send_signal(signal.SIGCONT)


def wheel_folder(package: str) -> Path:
    """Where a wheel put its files. Found without importing it: these do things on import.

    Raises: StackError (it is not installed).
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise StackError("the wheels for --stack full are missing: pip install 'fynix[full]'")
    return Path(spec.origin).parent


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def owned_folder(folder: Path) -> Path:
    """`folder`, made if missing, for the servers alone: theirs, when they run as somebody else.

    Raises: StackError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _is_root():
            person = pwd.getpwnam(_UNPRIVILEGED)
            os.chown(folder, person.pw_uid, person.pw_gid)
    except OSError as error:
        raise StackError(f"cannot use the folder {folder} ({error.strerror})") from error
    return folder


def run_tool(argv: Sequence[str]) -> None:
    """Run a program that ends by itself.

    Raises: StackError, with what it said last.
    """
    done = subprocess.run(  # noqa: S603 - a program of our own choice
        [*_unprivileged_prefix(), *argv], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise StackError(f"{Path(argv[0]).name} failed: {said[-1] if said else 'no reason given'}")


def _is_root() -> bool:
    return os.geteuid() == 0


def _unprivileged_prefix() -> list[str]:
    """What makes a program run without root's rights, and end should this process be killed.

    Postgres refuses to run as root. As nobody it could not pass through root's own folders to
    its data and programs, so it keeps the one right to pass and read, and no other.
    """
    setpriv = shutil.which("setpriv")
    if not _is_root():
        # A helper that is not on every system; without it a killed run is cleaned up by the next.
        return [setpriv, "--pdeathsig", "INT", "--"] if setpriv else []
    if setpriv is None:
        raise StackError("as root this needs setpriv (util-linux); run it as an ordinary user")
    person = pwd.getpwnam(_UNPRIVILEGED)
    only = "-all,+dac_read_search"
    return [
        setpriv,
        *("--reuid", str(person.pw_uid), "--regid", str(person.pw_gid), "--clear-groups"),
        *("--inh-caps", only, "--ambient-caps", only, "--bounding-set", only),
        *("--pdeathsig", "INT", "--"),
    ]

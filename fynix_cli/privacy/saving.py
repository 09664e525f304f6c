"""Files of their owner's alone that appear whole or not at all, and take no other file's place."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode


def require_free(path: Path) -> None:
    """Raises: CommandError (there is a file, or no folder to put one into)."""
    if os.path.lexists(path):
        raise _taken(path)
    if not path.absolute().parent.is_dir():
        raise CommandError(f"cannot write {path}: there is no such folder")


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file beside `path`, which takes its name once it has been written without an error.

    Raises: CommandError (there is a file of that name by now, or it cannot be written).
    """
    require_free(path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        # Readable too, for whoever checks what they have written.
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"cannot write {path} ({error.strerror})") from error
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(unfinished, path)  # unlike a renaming, refuses where there is a file by now
        except FileExistsError:
            raise _taken(path) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _taken(path: Path) -> CommandError:
    return CommandError(
        f"{path} is there already",
        hint="name another file, or move that one away",
        exit_code=ExitCode.CONFLICT,
    )

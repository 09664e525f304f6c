"""Cursors in a file, so that a client that is stopped goes on later where it stood.

    {"version": 1, "server": URL, "user_id": ID, "cursors": {CONVERSATION_ID: SEQ, …}}

It names every conversation that its person was in: one that it does not name began afterwards.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from fynix_cli.errors import CommandError
from fynix_cli.file_lock import locked
from fynix_server.protocol.frames import Sequence

VERSION = 1
ANOTHER_FILE = "delete it to start afresh, or name another file"


@dataclass(frozen=True)
class Owner:
    """Whose cursors they are, and at which server: numbers of another mean nothing here."""

    server: str
    user_id: str


class _Contents(BaseModel):
    server: str
    user_id: str
    cursors: dict[UUID, Sequence]


class CursorFile:
    """The cursors of `owner` at `path`. Make it by `held_cursor_file`."""

    def __init__(self, path: Path, owner: Owner) -> None:
        self._path = path
        self._owner = owner

    def load(self) -> dict[UUID, int] | None:
        """None: there is no such file yet. Raises: CommandError (unreadable, not the owner's)."""
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CommandError(
                f"cannot read {self._path}: {error.strerror}", hint="name another file"
            ) from error
        contents = self._parsed(text)
        self._check_owner(contents)
        return contents.cursors

    def save(self, cursors: Mapping[UUID, int]) -> None:
        """Replace the file by one of `cursors`: whole or, at a crash, not at all.

        Raises: CommandError.
        """
        contents = {
            "version": VERSION,
            "server": self._owner.server,
            "user_id": self._owner.user_id,
            "cursors": {str(conversation_id): seq for conversation_id, seq in cursors.items()},
        }
        try:
            _replace(self._path, json.dumps(contents) + "\n")
        except OSError as error:
            raise _unusable(self._path, error) from error

    def _parsed(self, text: bytes) -> _Contents:
        try:
            raw: Any = json.loads(text)
            version = raw["version"]
            if version == VERSION:
                return _Contents.model_validate(raw)
        except (ValueError, RecursionError, TypeError, KeyError, ValidationError):
            raise CommandError(
                f"{self._path} is damaged, or no cursor file", hint=ANOTHER_FILE
            ) from None
        raise CommandError(
            f"{self._path} is of version {version!r}, and this fynix knows version {VERSION}",
            hint=ANOTHER_FILE,
        )

    def _check_owner(self, contents: _Contents) -> None:
        if contents.user_id != self._owner.user_id:
            raise CommandError(
                f"{self._path} is of another person (user {contents.user_id})", hint=ANOTHER_FILE
            )
        if contents.server != self._owner.server:
            raise CommandError(
                f"{self._path} is of {contents.server}, not of {self._owner.server}",
                hint=f"{ANOTHER_FILE}; if it is the same server, correct its URL in the file",
            )


@contextmanager
def held_cursor_file(path: Path, owner: Owner) -> Iterator[CursorFile]:
    """The file at `path`, used by nobody else meanwhile. Need not exist; its folder must.

    Raises: CommandError.
    """
    with ExitStack() as stack:
        try:
            # A link is followed here, since the rename in `save` would replace the link itself.
            real = path.resolve()
            # Beside it, since a lock on the file itself would end with its first replacement.
            stack.enter_context(locked(real.with_name(real.name + ".lock"), timeout_seconds=0))
        except TimeoutError:
            raise CommandError(
                f"{path} is in use by another fynix",
                hint="end that one, or name another file",
            ) from None
        except (OSError, RuntimeError) as error:
            raise _unusable(path, error) from error
        yield CursorFile(real, owner)


def _unusable(path: Path, error: OSError | RuntimeError) -> CommandError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return CommandError(
        f"cannot write {path}: {reason}",
        hint="name a file in a folder that exists and that you may write to",
    )


def _replace(path: Path, text: str) -> None:
    # mkstemp makes the file 0600; the rename is atomic, so a reader never sees half a file.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            # Without it a power cut may leave the new name and no content.
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

"""Whether the files that a server keeps are its own to write, and nobody else's to read."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from fynix_cli.checkup.blocking import in_thread
from fynix_cli.checkup.check import Found, State, Teller
from fynix_cli.checkup.surroundings import Surroundings
from fynix_cli.profiles import config_folder
from fynix_server.maintenance.schema_errors import sqlite_path
from fynix_server.settings import Settings

OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_tell = Teller("permissions")


async def check_permissions(around: Surroundings) -> AsyncIterator[Found]:
    """Looks at modes; opens and makes nothing."""
    if why := around.why_unknown("data_dir"):
        yield _tell.skipped("data_folder", why)
        return
    folder = await in_thread(lambda: _data_folder(around.settings.data_dir))
    yield folder
    for it in await in_thread(lambda: list(_files(around.settings))):
        yield it


def _data_folder(folder: Path) -> Found:
    if not folder.exists():
        return _missing_folder(folder)
    if not folder.is_dir():
        return _tell.failed(
            "data_folder", f"{folder} is no folder", "choose another FYNIX_DATA_DIR"
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return _tell.failed("data_folder", f"{folder} is not yours to write to", _own(folder))
    return _of_owner("data_folder", folder, "700", State.warning)


def _missing_folder(folder: Path) -> Found:
    parent = next(it for it in folder.absolute().parents if it.exists())
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return _tell.ok("data_folder", f"{folder} is made when it is needed")
    return _tell.failed(
        "data_folder",
        f"{folder} cannot be made in {parent}",
        f"{_own(parent)}, or choose another FYNIX_DATA_DIR",
    )


def _files(settings: Settings) -> Iterator[Found]:
    for name, path in _secret_files(settings):
        if path.exists():
            yield _of_owner(name, path, "600", State.failed)
    database = sqlite_path(settings)
    if database is not None and database.exists():
        yield _database_file(database)


def _secret_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    if settings.jwt_secret_key is None:
        yield "secret_file", settings.data_dir / "jwt_secret"
    yield "stack_file", settings.data_dir / "stack.env"
    yield "logins_file", config_folder() / "profiles.json"


def _database_file(path: Path) -> Found:
    if not (os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)):
        return _tell.failed(
            "database_file",
            f"{path} and its folder must both be yours to write to",
            f"chown $USER {path} {path.parent} && chmod u+rwX {path} {path.parent}",
        )
    # One that was not made here is as the umask said; within a closed folder that is no matter.
    if path.stat().st_mode & OF_OTHERS and path.parent.stat().st_mode & OF_OTHERS:
        return _tell.warning("database_file", f"others may read {path}", f"chmod 600 {path}")
    return _tell.ok("database_file", f"{path} is yours to write to")


def _of_owner(name: str, path: Path, wanted: str, otherwise: State) -> Found:
    mode = path.stat().st_mode
    if mode & OF_OTHERS:
        said = f"{path} is {mode & 0o777:04o}: others of this machine may look into it"
        return Found("permissions", name, otherwise, said, f"chmod {wanted} {path}")
    return _tell.ok(name, f"{path} is {mode & 0o777:04o}")


def _own(path: Path) -> str:
    return f"chown $USER {path} && chmod u+rwx {path}"

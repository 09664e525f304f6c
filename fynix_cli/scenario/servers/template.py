"""The empty, migrated SQLite file that private servers begin with: made once, then copied."""

import hashlib
import os
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

import platformdirs

from fynix_cli.scenario.servers.forks import migrate_database
from fynix_cli.scenario.servers.node_plan import NodePlan

_VERSIONS = "migrations/versions"


async def sqlite_template(folder: Path) -> Path:
    """Where a migrated file is to copy from: the cached one, else one made now in `folder`.

    Raises: CommandError (it cannot be made).
    """
    cached = _cache_folder() / f"empty-{_fingerprint()}.db"
    if cached.is_file():
        return cached
    making = folder / "template"
    making.mkdir()
    await migrate_database(NodePlan({"data_dir": making}, 0, folder / "migrating.log"))
    made = making / "fynix.db"
    return cached if _keep(made, cached) else made


def _keep(made: Path, cached: Path) -> bool:
    """Whether it could be cached. Under another name first: two runs may do it at once."""
    try:
        cached.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=cached.parent)
        os.close(handle)
        shutil.copyfile(made, name)
        Path(name).replace(cached)
    except OSError:
        return False
    return True


def _cache_folder() -> Path:
    return Path(platformdirs.user_cache_dir("fynix"))


def _fingerprint() -> str:
    """Of all that decides what the file holds."""
    from fynix_server import __file__ as server

    seen = hashlib.sha256(version("fynix").encode())
    for path in sorted((Path(server).parent / _VERSIONS).glob("*.py")):
        seen.update(path.read_bytes())
    return seen.hexdigest()[:16]

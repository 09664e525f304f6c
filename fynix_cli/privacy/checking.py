"""Whether an archive is whole: every file is there as its manifest says."""

import hashlib
import zipfile
from typing import IO

from pydantic import ValidationError

from fynix_cli.errors import CommandError
from fynix_server.protocol.privacy import ExportedFile, ExportManifest

MANIFEST = "manifest.json"
_CHUNK_BYTES = 2**16


def checked_manifest(archive: IO[bytes]) -> ExportManifest:
    """What is in it. Raises: CommandError (it was cut off, or changed)."""
    try:
        with zipfile.ZipFile(archive) as opened:
            manifest = ExportManifest.model_validate_json(opened.read(MANIFEST))
            names = set(opened.namelist()) - {MANIFEST}
            if names != manifest.files.keys():
                raise _broken("its files are not those of its manifest")
            for name, told in manifest.files.items():
                if _measured(opened, name) != told:
                    raise _broken(f"{name} is not as its manifest says")
    except (zipfile.BadZipFile, KeyError, ValidationError) as error:
        raise _broken("it was cut off") from error
    return manifest


def _measured(opened: zipfile.ZipFile, name: str) -> ExportedFile:
    rows = size = 0
    digest = hashlib.sha256()
    with opened.open(name) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            rows += chunk.count(b"\n")
    return ExportedFile(rows=rows, bytes=size, sha256=digest.hexdigest())


def _broken(why: str) -> CommandError:
    return CommandError(f"the archive is not whole: {why}", hint="export again")

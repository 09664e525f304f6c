"""A ZIP of JSON-lines files that is written as it is read: neither is ever whole in memory."""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Literal
from uuid import UUID

from fynix_server.clock import Clock
from fynix_server.protocol.privacy import FORMAT_VERSION, ExportedFile, ExportManifest

COMPRESSION_LEVEL = 6
MANIFEST = "manifest.json"
Row = Mapping[str, Any]
Pages = Callable[[], AsyncIterator[Sequence[Row]]]
"""Rows in pages; a page is all that is in memory at once."""


@dataclass(frozen=True)
class Subject:
    """Whose data it is, and for whom."""

    user_id: UUID
    username: str
    requested_by: Literal["self", "admin"]


class ArchiveStream:
    """Hands out the bytes of an archive; `files` by name, in their order in it."""

    def __init__(self, subject: Subject, files: Mapping[str, Pages], clock: Clock) -> None:
        self._subject = subject
        self._files = files
        self._clock = clock
        self._written = _Written()
        self._zip = zipfile.ZipFile(
            self._written, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL
        )

    @property
    def file_name(self) -> str:
        return f"fynix-{self._subject.username}.zip"

    async def chunks(self) -> AsyncIterator[bytes]:
        """Once. The manifest comes last: an archive that was cut off has none."""
        begun_at = self._clock()
        told: dict[str, ExportedFile] = {}
        for name, pages in self._files.items():
            counted = _Counted()
            with self._zip.open(self._entry(name, begun_at), "w", force_zip64=True) as file:
                async for page in pages():
                    # In a thread: packing a page takes as long as a hundred requests.
                    await asyncio.to_thread(counted.write, file, page)
                    yield self._written.take()
            told[name] = counted.told()
        manifest = ExportManifest(
            format_version=FORMAT_VERSION,
            user_id=self._subject.user_id,
            username=self._subject.username,
            requested_by=self._subject.requested_by,
            begun_at=begun_at,
            finished_at=self._clock(),
            server_version=version("fynix"),
            files=told,
        )
        entry = self._entry(MANIFEST, begun_at)
        self._zip.writestr(entry, manifest.model_dump_json(indent=2) + "\n")
        self._zip.close()
        yield self._written.take()

    def _entry(self, name: str, moment: datetime) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        return entry


class _Written:
    """What the ZIP has written and nobody has taken yet. It cannot seek, so nothing goes back."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, chunk: bytes, /) -> int:
        self._chunks.append(bytes(chunk))
        return len(chunk)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        """Whoever takes it closes what it is given to."""

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken


class _Counted:
    """Rows and bytes of one file, and the hash of these."""

    def __init__(self) -> None:
        self._rows = 0
        self._bytes = 0
        self._hash = hashlib.sha256()

    def write(self, file: Any, page: Sequence[Row]) -> None:
        lines = "".join(
            json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_plain) + "\n"
            for row in page
        ).encode()
        file.write(lines)
        self._hash.update(lines)
        self._rows += len(page)
        self._bytes += len(lines)

    def told(self) -> ExportedFile:
        return ExportedFile(rows=self._rows, bytes=self._bytes, sha256=self._hash.hexdigest())


def _plain(value: object) -> str:
    """Ids and moments, as the wire shows them."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in an export")

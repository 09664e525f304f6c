"""A trace: all that was asked, answered, sent and heard in one playing, a JSON object a line."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO
from zlib import crc32

from fynix_cli.errors import CommandError
from fynix_cli.scenario.playing.journal import Entry

FORMAT = 1
NAME_BYTES = 150
REDACTED = "[redacted]"
_SECRET_KEYS = re.compile(
    r"passw|secret|token$|ticket|authorization|cookie|api.?key", re.IGNORECASE
)
_TOKENS = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=[?&])(token|ticket)=[^&\s]+")
_IN_JSON = re.compile(r'("[^"]*(?:passw|secret|token)[^"]*"\s*:\s*)"[^"]*"', re.IGNORECASE)
"""Of a body that was sent as it stood."""


class TraceFile:
    """Writes each entry as it comes, without tokens and passwords, so that a playing that dies
    leaves all that was before. Raises: CommandError (it cannot be written)."""

    def __init__(self, folder: Path, name: str, head: Mapping[str, Any]) -> None:
        self.path = folder / f"{_plain(name)}.trace.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: TextIO = self.path.open("w", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise CommandError(f"cannot write {self.path} ({error.strerror})") from error
        self._write({"fynix_trace": FORMAT, **head})

    def note(self, entry: Entry) -> None:
        line = {
            "at": round(entry.at, 6),
            "kind": entry.kind,
            "actor": entry.actor,
            "device": entry.device,
            "text": entry.text,
            **entry.data,
        }
        self._write(line)

    def close(self) -> None:
        self._file.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        text = json.dumps(_without_secrets(line), ensure_ascii=False, default=str)
        try:
            self._file.write(text + "\n")
            self._file.flush()
        except OSError as error:
            raise CommandError(f"cannot write {self.path} ({error.strerror})") from error


def _without_secrets(value: Any, key: str = "") -> Any:
    if _SECRET_KEYS.search(key) and value is not None:
        return REDACTED
    if isinstance(value, Mapping):
        return {str(name): _without_secrets(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in value]
    if not isinstance(value, str):
        return value
    return _IN_JSON.sub(rf'\1"{REDACTED}"', _TOKENS.sub(REDACTED, value))


def _plain(name: str) -> str:
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-")
    content = plain.encode()
    if len(content) <= NAME_BYTES:
        return plain
    # Variants and turns differ at the end, which is cut off.
    return f"{content[:NAME_BYTES].decode(errors='ignore')}-{crc32(content):08x}"

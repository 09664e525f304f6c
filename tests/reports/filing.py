"""Reports as tests file them and moderators work on them."""

from typing import Any

import httpx
from sqlalchemy import select

from fynix_server.tables import ReportEvidence
from tests.people import Api, Person


async def report(person: Person, **about: Any) -> httpx.Response:
    """`about`: message_id or user_id, and what else is to differ."""
    body = {"reason": "spam", **{name: str(value) for name, value in about.items()}}
    return await person.client.post("/api/reports", json=body)


async def reported(person: Person, **about: Any) -> str:
    """The id of the report."""
    answer = await report(person, **about)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def act_on(moderator: Person, case_id: str, verb: str, **body: Any) -> httpx.Response:
    """`verb`: read, assign, action, dismiss."""
    if verb == "action":
        body = {"outcome": "We have warned them.", **body}
    url = f"/api/admin/cases/{case_id}/{verb}"
    return await moderator.client.post(url, json={"reason": "because", **body})


async def done(moderator: Person, case_id: str, verb: str, **body: Any) -> dict[str, Any]:
    """The answer to an act that must succeed."""
    answer = await act_on(moderator, case_id, verb, **body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def evidence(api: Api, report_id: str) -> list[tuple[str, bool]]:
    """What is kept of a report: each text, and whether it was deleted by then."""
    query = select(ReportEvidence).order_by(ReportEvidence.seq)
    async with api.resources.database.read() as connection:
        rows = await connection.execute(query)
        return [(it.content, it.is_deleted) for it in rows if str(it.report_id) == report_id]


async def sent(person: Person, conversation_id: str, content: str) -> str:
    """The id of a new message."""
    answer = await person.send(conversation_id, content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def delete(person: Person, conversation_id: str, message_id: str) -> None:
    url = f"/api/conversations/{conversation_id}/messages/{message_id}"
    answer = await person.client.delete(url)
    assert answer.status_code == 204, answer.text


async def edit(person: Person, conversation_id: str, message_id: str, content: str) -> None:
    url = f"/api/conversations/{conversation_id}/messages/{message_id}"
    answer = await person.client.patch(url, json={"content": content})
    assert answer.status_code == 200, answer.text


async def add_to(owner: Person, group: str, person: Person) -> None:
    url = f"/api/conversations/{group}/participants"
    answer = await owner.client.post(url, json={"user_id": str(person.user_id)})
    assert answer.status_code == 201, answer.text


async def remove_from(owner: Person, group: str, person: Person) -> None:
    url = f"/api/conversations/{group}/participants/{person.user_id}"
    assert (await owner.client.delete(url)).status_code == 204

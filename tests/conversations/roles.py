"""Changing roles in a group, and what its people and its log say of them."""

from typing import Any

import httpx

from tests.people import Frame, Person


async def give(
    actor: Person, group: str, person: Person, role: Any, **query: str
) -> httpx.Response:
    url = f"/api/conversations/{group}/participants/{person.user_id}"
    return await actor.client.patch(url, json={"role": role}, params=query)


async def remove(actor: Person, group: str, person: Person, **query: str) -> httpx.Response:
    url = f"/api/conversations/{group}/participants/{person.user_id}"
    return await actor.client.delete(url, params=query)


async def roles(viewer: Person, group: str) -> dict[str, str]:
    answer = await viewer.client.get(f"/api/conversations/{group}")
    assert answer.status_code == 200, answer.text
    return {it["username"]: it["role"] for it in answer.json()["participants"]}


async def log_of(viewer: Person, group: str) -> list[Frame]:
    """All of its events, each number once."""
    answer = await viewer.client.get(f"/api/conversations/{group}/events", params={"limit": 300})
    events: list[Frame] = answer.json()["events"]
    assert [it["seq"] for it in events] == list(range(1, len(events) + 1))
    return events


def roles_by(events: list[Frame]) -> dict[str, str]:
    """The role of each person that events add up to, by id; never more than one owner."""
    found: dict[str, str] = {}
    for event in events:
        match event["type"]:
            case "conversation_created":
                people = event["conversation"]["participants"]
                found = {it["user_id"]: it["role"] for it in people}
            case "participant_added":
                found[event["participant"]["user_id"]] = event["participant"]["role"]
            case "participant_updated":
                found[event["user_id"]] = event["role"]
            case "participant_removed":
                del found[event["user_id"]]
        assert list(found.values()).count("owner") <= 1, event
    return found

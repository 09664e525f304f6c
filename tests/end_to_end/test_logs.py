"""What a server writes down: what happened, and never what was said or by which key."""

import json
from pathlib import Path

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.end_to_end.server_process import ServerProcess, environment
from tests.people import Live

SECRET_TEXT = "the treasure lies under the old oak"
SECRET_EDIT = "or rather under the young birch"
PASSWORD = "a pass phrase that nobody may read"
DEBUG = {"FYNIX_LOG_LEVEL": "debug", "FYNIX_LOG_FORMAT": "json"}


async def _talk(url: str) -> list[str]:
    """Use everything that a secret goes through; the secrets."""
    secrets = [SECRET_TEXT, SECRET_EDIT, PASSWORD, "wrong-password-typed"]
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        people = []
        for name in ("alice", "bob"):
            body = {"username": name, "password": PASSWORD}
            people.append((await client.post("/api/auth/register", json=body)).json())
            secrets += [people[-1]["access_token"], people[-1]["refresh_token"]]
        wrong = {"username": "alice", "password": "wrong-password-typed"}
        await client.post("/api/auth/login", json=wrong)
        alice, bob = people
        client.headers["Authorization"] = f"Bearer {alice['access_token']}"
        dm = (await client.post(f"/api/conversations/dm/{bob['user']['id']}")).json()["id"]
        messages = f"/api/conversations/{dm}/messages"
        sent = (await client.post(messages, json={"content": SECRET_TEXT})).json()
        await client.patch(f"{messages}/{sent['id']}", json={"content": SECRET_EDIT})
        await client.post(messages, content=json.dumps({"content": [SECRET_TEXT]}))
        await client.get(messages, params={"token": alice["access_token"], "page": "x"})
        ticket = (await client.post("/api/ws/ticket")).json()["ticket"]
        secrets.append(ticket)
        await _talk_over_sockets(url, dm, ticket, alice)
        renewed = await client.post(
            "/api/auth/refresh", json={"refresh_token": alice["refresh_token"]}
        )
        secrets += [renewed.json()["access_token"], renewed.json()["refresh_token"]]
        await client.post("/api/auth/refresh", json={"refresh_token": alice["refresh_token"]})
    return secrets


async def _talk_over_sockets(
    url: str, conversation_id: str, ticket: str, alice: dict[str, str]
) -> None:
    """Open sockets by every way that has a secret in it, good and bad, and say something."""
    socket_url = url.replace("http", "ws", 1) + "/api/ws"
    for query in (f"?ticket={ticket}", f"?token={alice['access_token']}"):
        live = Live(await connect(socket_url + query, proxy=None))
        command = {
            "type": "send_message",
            "conversation_id": conversation_id,
            "content": SECRET_TEXT,
        }
        await live.send(**command)
        await live.send(type="oops", content=SECRET_TEXT)
        await live.expect("error")
        await live.expect("ack")
        await live.stop()
    refused = [Subprotocol("fynix.v1"), Subprotocol(f"ticket.{ticket}")]
    for opening in (
        connect(f"{socket_url}?token={alice['refresh_token']}", proxy=None),
        connect(socket_url, subprotocols=refused, proxy=None),
    ):
        live = Live(await opening)
        assert await live.closed() == 4001
        await live.stop()


async def test_a_whole_runs_log_holds_request_ids_and_no_text_token_ticket_or_password(
    tmp_path: Path,
) -> None:
    server = await ServerProcess.start(environment(tmp_path, **DEBUG))
    try:
        secrets = await _talk(server.url)
    finally:
        code = await server.stop()

    log = "\n".join(server.log)
    entries = [json.loads(line) for line in server.log if line.startswith("{")]
    requests = [it for it in entries if it["event"] == "request"]
    assert code == 0
    assert len(requests) > 8
    assert all(it["request_id"] for it in requests)
    assert {"socket_opened", "socket_closed", "message_sent"} <= {it["event"] for it in entries}
    assert [secret for secret in secrets if secret in log] == []
    assert "Traceback" not in log

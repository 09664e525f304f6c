"""Two server processes on one Postgres and one Valkey: people on either are one company."""

from contextlib import AsyncExitStack
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.end_to_end.server_process import ServerProcess
from tests.end_to_end.two_servers import TwoServers
from tests.people import PASSWORD, Live


class Remote:
    """Somebody who talks to one of the servers."""

    def __init__(self, client: httpx.AsyncClient, url: str, body: dict[str, Any]) -> None:
        self.client = client
        self.url = url
        self.id: str = body["user"]["id"]
        self.token: str = body["access_token"]
        client.headers["Authorization"] = f"Bearer {self.token}"

    async def live(self, stack: AsyncExitStack) -> Live:
        socket = await connect(
            self.url.replace("http", "ws", 1) + "/api/ws",
            additional_headers={"Authorization": f"Bearer {self.token}"},
            subprotocols=[Subprotocol("fynix.v1")],
            proxy=None,
        )
        live = Live(socket)
        stack.push_async_callback(live.stop)
        await live.send(type="resume", cursors={})
        await live.expect("resumed")
        return live


async def _person(stack: AsyncExitStack, server: ServerProcess, name: str) -> Remote:
    client = await stack.enter_async_context(httpx.AsyncClient(base_url=server.url, timeout=20))
    body = {"username": name, "password": PASSWORD}
    made = await client.post("/api/auth/register", json=body)
    return Remote(client, server.url, made.json())


async def test_messages_typing_receipts_and_logouts_cross_from_one_server_to_the_other(
    two: TwoServers,
) -> None:
    async with AsyncExitStack() as stack:
        alice = await _person(stack, two.servers[0], "alice")
        bob = await _person(stack, two.servers[1], "bob")
        alices, bobs = await alice.live(stack), await bob.live(stack)
        dm = (await alice.client.post(f"/api/conversations/dm/{bob.id}")).json()["id"]

        await alices.send(type="typing", conversation_id=dm, is_typing=True)
        await bobs.expect("typing", is_typing=True)
        await alices.send(type="send_message", ref="r", conversation_id=dm, content="across")
        sent = (await alices.expect("ack", ref="r"))["message"]
        heard = await bobs.expect("new_message")
        await bobs.send(type="mark_read", conversation_id=dm, message_id=sent["id"])
        read = await alices.expect("message_read")
        # Logged out at the one, the socket at the other is closed.
        elsewhere = Remote(
            await stack.enter_async_context(httpx.AsyncClient(base_url=two.servers[0].url)),
            two.servers[0].url,
            {"user": {"id": bob.id}, "access_token": bob.token},
        )
        await elsewhere.client.post("/api/auth/logout")

        assert heard["message"] == sent
        assert read["user_id"] == bob.id
        assert await bobs.closed() == 4014
        assert (await bob.client.get("/api/users/me")).status_code == 401


async def test_the_other_server_goes_on_when_one_is_killed_and_nothing_acknowledged_is_lost(
    two: TwoServers,
) -> None:
    async with AsyncExitStack() as stack:
        alice = await _person(stack, two.servers[0], "alice")
        bob = await _person(stack, two.servers[1], "bob")
        bobs = await bob.live(stack)
        dm = (await alice.client.post(f"/api/conversations/dm/{bob.id}")).json()["id"]
        url = f"/api/conversations/{dm}/messages"
        for number in range(10):
            answer = await alice.client.post(url, json={"content": f"n{number}"})
            assert answer.status_code == 201
        await two.servers[0].kill()

        await bobs.send(type="send_message", ref="r", conversation_id=dm, content="alone now")
        await bobs.expect("ack", ref="r")

        heard = await bobs.expect_count("new_message", 11)
        assert [it["seq"] for it in heard] == list(range(2, 13))


async def test_a_server_that_is_told_to_stop_sends_its_clients_on_and_exits_0(
    two: TwoServers,
) -> None:
    async with AsyncExitStack() as stack:
        alice = await _person(stack, two.servers[0], "alice")
        alices = await alice.live(stack)

        code = await two.servers[0].stop()

        assert code == 0
        assert await alices.closed() == 1012
        assert not [line for line in two.servers[0].log if "Traceback" in line or '"error"' in line]

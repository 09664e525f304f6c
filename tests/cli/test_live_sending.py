"""What the live client and the REST client send, to a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from uuid import UUID

from fynix_cli.client.http import HttpClient
from fynix_cli.client.live import LiveClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from fynix_server.protocol.frames import NewMessage, SendMessageCommand
from tests.people import DEADLINE_SECONDS, Api, Person


@asynccontextmanager
async def rest_of(api: Api, person: Person) -> AsyncIterator[RestClient]:
    tokens = MemoryTokens(TokenPair(person.access_token, person.refresh_token))
    async with RestClient(HttpClient(api.url, tokens)) as rest:
        yield rest


async def test_a_command_goes_over_the_open_line_and_where_there_is_none_that_is_told(
    api: Api,
) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation_id = UUID(await alice.dm(bob))
    command = SendMessageCommand(
        type="send_message", conversation_id=conversation_id, content="by the socket"
    )
    is_connected = asyncio.Event()

    async with rest_of(api, alice) as rest:
        live = LiveClient(rest, lambda state: is_connected.set())
        was_sent_before = await live.send(command)
        async with aclosing(live.frames()) as frames, asyncio.timeout(DEADLINE_SECONDS):
            coming = asyncio.ensure_future(anext(frames))
            await is_connected.wait()
            was_sent = await live.send(command)
            frame = await coming
        was_sent_after = await live.send(command)

    assert (was_sent_before, was_sent, was_sent_after) == (False, True, False)
    assert isinstance(frame, NewMessage)
    assert frame.message.content == "by the socket"


async def test_a_message_is_edited(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation_id = UUID(await alice.dm(bob))

    async with rest_of(api, alice) as rest:
        sent = await rest.send_message(conversation_id, "frist")
        edited = await rest.edit_message(conversation_id, sent.id, "first")

    assert edited.id == sent.id
    assert edited.edited_at is not None
    assert [it["content"] for it in await bob.messages(str(conversation_id))] == ["first"]

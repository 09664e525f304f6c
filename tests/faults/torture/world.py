"""The people and conversations of a run, and how each person reaches the servers."""

import asyncio
import itertools
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from fynix_cli.client.http import Call, HttpClient
from fynix_cli.client.rest import RestClient
from fynix_cli.client.tokens import MemoryTokens, TokenPair
from fynix_server.protocol.conversations import ConversationResponse
from tests.faults.torture.history import History

PASSWORD = "correct horse battery"
NAMES = (
    *("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy"),
    *("mallory", "niaj", "olivia", "peggy", "rupert", "sybil"),
)


class CountingTransport(httpx.AsyncHTTPTransport):
    """Counts the requests of which nobody can say whether the server did them."""

    def __init__(self) -> None:
        super().__init__(verify=False)  # loopback, without TLS; loading the roots takes long
        self.unclear = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.unclear += 1
        response = await super().handle_async_request(request)
        self.unclear -= response.status_code < httpx.codes.INTERNAL_SERVER_ERROR
        return response


@dataclass(frozen=True)
class Person:
    """Somebody with a login; every client of theirs is made from it."""

    name: str
    id: UUID
    tokens: TokenPair
    server: str

    @property
    def socket_url(self) -> str:
        return self.server.replace("http", "ws", 1) + "/api/ws"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.access_token}"}

    def rest(
        self, transport: httpx.AsyncBaseTransport | None = None, *, attempts: int = 3
    ) -> RestClient:
        transport = transport or CountingTransport()
        tokens = MemoryTokens(self.tokens)
        http = HttpClient(self.server, tokens, attempts=attempts, transport=transport)
        return RestClient(http)


@dataclass
class Conversation:
    """A conversation as the workload knows it: `members` may lag behind the server."""

    id: UUID
    owner: Person
    members: list[Person]
    is_group: bool


@dataclass
class World:
    """Everything that the actors of a run share."""

    history: History
    people: list[Person]
    stranger: Person
    conversations: list[Conversation] = field(default_factory=list)
    is_over: bool = False
    """Nobody begins anything new; what is under way is finished."""

    def of(self, person: Person) -> list[Conversation]:
        return [it for it in self.conversations if person in it.members]


async def make_world(
    server: str, people_count: int, group_count: int, *, suffix: str = ""
) -> World:
    """Register everybody, and begin groups and direct conversations among them.

    Another world on the same server needs another `suffix` to its names.
    """
    names = [f"{name}{suffix}" for name in (*NAMES[:people_count], "stranger")]
    everybody = await asyncio.gather(*(_register(server, it) for it in names))
    *people, stranger = everybody
    world = World(History(), people, stranger)
    for number in range(group_count):
        size = 3 + number % (people_count - 2)
        members = [people[(number + offset) % people_count] for offset in range(size)]
        world.conversations.append(await _begin_group(f"group {number}", members))
    for left, right in itertools.pairwise(people):
        async with left.rest() as rest:
            dm = await rest.open_dm(right.id)
        world.conversations.append(Conversation(dm.id, left, [left, right], is_group=False))
    return world


async def _register(server: str, name: str) -> Person:
    async with RestClient(HttpClient(server, transport=CountingTransport())) as rest:
        answer = await rest.register(name, PASSWORD)
    tokens = TokenPair(answer.access_token, answer.refresh_token)
    return Person(name, answer.user.id, tokens, server)


async def _begin_group(name: str, members: list[Person]) -> Conversation:
    body = {"name": name, "participant_ids": [str(it.id) for it in members[1:]]}
    async with members[0].rest() as rest:
        made = await rest.http.fetch(
            ConversationResponse, Call("POST", "/api/conversations", body=body)
        )
    return Conversation(made.id, members[0], list(members), is_group=True)

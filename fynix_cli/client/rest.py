"""Every REST endpoint that a client uses, as a method that answers a protocol model."""

import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from fynix_cli.client.failures import ApiError
from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.accounts import (
    OwnUserResponse,
    TokenResponse,
    UserListResponse,
    UserResponse,
)
from fynix_server.protocol.blocks import BlockListResponse, BlockResponse
from fynix_server.protocol.conversations import (
    ConversationListResponse,
    ConversationResponse,
    EventsResponse,
    ParticipantResponse,
)
from fynix_server.protocol.fields import MAX_PAGE_DEPTH, MAX_PAGE_SIZE
from fynix_server.protocol.health import ReadyResponse, SocketHealthResponse
from fynix_server.protocol.messages import (
    MarkReadResponse,
    MessageResponse,
    MessagesListResponse,
)

LISTING_ROUNDS = 3
"""How often a list that shifts while it is read is read anew."""


class RestClient:
    """A person at a server. Every method raises ApiError, NotLoggedIn and Unreachable.

    Bodies go out unchecked: the rules are the server's to tell, and a newer server's may differ.
    """

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.http.close()

    async def register(
        self, username: str, password: str, display_name: str | None = None
    ) -> TokenResponse:
        body = {"username": username, "password": password}
        if display_name is not None:
            body["display_name"] = display_name
        return await self._authenticate("/api/auth/register", body)

    async def log_in(self, username: str, password: str) -> TokenResponse:
        body = {"username": username, "password": password}
        return await self._authenticate("/api/auth/login", body)

    async def log_out(self) -> None:
        """End the session: its sockets close, its tokens hold no longer."""
        await self.http.send(Call("POST", "/api/auth/logout"))

    async def me(self) -> OwnUserResponse:
        return await self.http.fetch(OwnUserResponse, Call("GET", "/api/users/me"))

    async def user_named(self, username: str) -> UserResponse | None:
        """The person of exactly this name, in any case; None: there is none."""
        call = Call("GET", "/api/users", query={"q": username, "limit": 100})
        page = await self.http.fetch(UserListResponse, call)
        wanted = username.lower()
        return next((user for user in page.users if user.username == wanted), None)

    async def user(self, user_id: UUID) -> UserResponse:
        return await self.http.fetch(UserResponse, Call("GET", f"/api/users/{user_id}"))

    async def block(self, user_id: UUID) -> BlockResponse:
        return await self.http.fetch(BlockResponse, Call("PUT", f"/api/blocks/{user_id}"))

    async def unblock(self, user_id: UUID) -> None:
        await self.http.send(Call("DELETE", f"/api/blocks/{user_id}"))

    async def blocks(self) -> list[BlockResponse]:
        """Everybody whom one has blocked, by name, page after page."""
        found: list[BlockResponse] = []
        after: str | None = ""
        while after is not None:
            query = {"limit": MAX_PAGE_SIZE, "after": after}
            call = Call("GET", "/api/blocks", query=query)
            page = await self.http.fetch(BlockListResponse, call)
            found += page.blocks
            after = page.next_after
        return found

    async def conversations(self, page: int = 1, page_size: int = 20) -> ConversationListResponse:
        query = {"page": page, "page_size": page_size}
        call = Call("GET", "/api/conversations", query=query)
        return await self.http.fetch(ConversationListResponse, call)

    async def all_conversations(self, limit: int = MAX_PAGE_DEPTH) -> list[ConversationResponse]:
        """Page after page, the latest active first, until there are `limit` or no more.

        Whichever becomes active meanwhile moves to the top, past the pages that were read, so
        while some are missing the pages are read again.
        """
        found: dict[UUID, ConversationResponse] = {}
        for _ in range(LISTING_ROUNDS):
            has_next, page, total = True, 1, 0
            while has_next and len(found) < limit:
                answer = await self.conversations(page, min(limit, MAX_PAGE_SIZE))
                found |= {it.id: it for it in answer.conversations if it.id not in found}
                has_next, page, total = answer.has_next, page + 1, answer.total
            if len(found) >= min(limit, total):
                break
        return list(found.values())[:limit]

    async def conversation(self, conversation_id: UUID) -> ConversationResponse:
        call = Call("GET", f"/api/conversations/{conversation_id}")
        return await self.http.fetch(ConversationResponse, call)

    async def open_dm(self, user_id: UUID) -> ConversationResponse:
        """The conversation of two with `user_id`, made if there was none."""
        call = Call("POST", f"/api/conversations/dm/{user_id}")
        return await self.http.fetch(ConversationResponse, call)

    async def create_group(self, body: Mapping[str, Any]) -> ConversationResponse:
        """`body` as ConversationCreate. Not sent twice: there would be two."""
        call = Call("POST", "/api/conversations", body=body, is_repeatable=False)
        return await self.http.fetch(ConversationResponse, call)

    async def update_group(
        self, conversation_id: UUID, changes: Mapping[str, str]
    ) -> ConversationResponse:
        """`changes`: its new `name`, its new `description`, or both."""
        call = Call("PATCH", f"/api/conversations/{conversation_id}", body=changes)
        return await self.http.fetch(ConversationResponse, call)

    async def add_participant(self, conversation_id: UUID, user_id: UUID) -> ParticipantResponse:
        """Not sent twice: a second one would be refused, since they are there."""
        path = f"/api/conversations/{conversation_id}/participants"
        call = Call("POST", path, body={"user_id": str(user_id)}, is_repeatable=False)
        return await self.http.fetch(ParticipantResponse, call)

    async def change_role(
        self, conversation_id: UUID, user_id: UUID, role: str, *, is_dry_run: bool = False
    ) -> ParticipantResponse:
        """Not sent twice: whoever has handed a group on may not do it again."""
        path = f"/api/conversations/{conversation_id}/participants/{user_id}"
        query = {"dry_run": "true"} if is_dry_run else None
        call = Call("PATCH", path, query, {"role": role}, is_repeatable=False)
        return await self.http.fetch(ParticipantResponse, call)

    async def remove_participant(
        self, conversation_id: UUID, user_id: UUID, *, is_dry_run: bool = False
    ) -> None:
        """Not sent twice: who has gone is not there to go again."""
        path = f"/api/conversations/{conversation_id}/participants/{user_id}"
        query = {"dry_run": "true"} if is_dry_run else None
        await self.http.send(Call("DELETE", path, query, is_repeatable=False))

    async def messages(
        self, conversation_id: UUID, limit: int = 50, before_seq: int | None = None
    ) -> MessagesListResponse:
        """Newest first; `limit` at most 100; `before_seq` None: from the newest."""
        query: dict[str, Any] = {"page_size": limit}
        if before_seq is not None:
            query = {"before_seq": before_seq, "limit": limit}
        call = Call("GET", f"/api/conversations/{conversation_id}/messages", query=query)
        return await self.http.fetch(MessagesListResponse, call)

    async def messages_after(
        self, conversation_id: UUID, after_seq: int, limit: int = MAX_PAGE_SIZE
    ) -> MessagesListResponse:
        """Oldest first; `limit` at most 100."""
        query = {"after_seq": after_seq, "limit": limit}
        call = Call("GET", f"/api/conversations/{conversation_id}/messages", query=query)
        return await self.http.fetch(MessagesListResponse, call)

    async def send_message(
        self, conversation_id: UUID, content: str, client_message_id: str | None = None
    ) -> MessageResponse:
        """Send once, however often it has to be tried."""
        body = {"content": content, "client_message_id": client_message_id or str(uuid.uuid4())}
        call = Call("POST", f"/api/conversations/{conversation_id}/messages", body=body)
        return await self.http.fetch(MessageResponse, call)

    async def mark_read(self, conversation_id: UUID, message_id: UUID) -> MarkReadResponse:
        body = {"message_id": str(message_id)}
        call = Call("PATCH", f"/api/conversations/{conversation_id}/read", body=body)
        return await self.http.fetch(MarkReadResponse, call)

    async def edit_message(
        self, conversation_id: UUID, message_id: UUID, content: str
    ) -> MessageResponse:
        path = f"/api/conversations/{conversation_id}/messages/{message_id}"
        call = Call("PATCH", path, body={"content": content})
        return await self.http.fetch(MessageResponse, call)

    async def delete_message(self, conversation_id: UUID, message_id: UUID) -> None:
        path = f"/api/conversations/{conversation_id}/messages/{message_id}"
        await self.http.send(Call("DELETE", path))

    async def events(
        self, conversation_id: UUID, after_seq: int, limit: int = 300
    ) -> EventsResponse:
        """What a live client saw after `after_seq`, oldest first."""
        query = {"after_seq": after_seq, "limit": limit}
        call = Call("GET", f"/api/conversations/{conversation_id}/events", query=query)
        return await self.http.fetch(EventsResponse, call)

    async def ready(self) -> ReadyResponse:
        """How the server's parts are; also of a server that is not ready (503)."""
        return await self.http.fetch_health(ReadyResponse, "/readyz")

    async def socket_health(self) -> SocketHealthResponse:
        return await self.http.fetch_health(SocketHealthResponse, "/api/ws/health")

    async def server_version(self) -> str | None:
        """None: the server does not say."""
        try:
            response = await self.http.send(Call("GET", "/openapi.json", has_token=False))
            return str(response.json()["info"]["version"])
        except (ApiError, ValueError, KeyError, TypeError):
            return None

    async def _authenticate(self, path: str, body: dict[str, str]) -> TokenResponse:
        call = Call("POST", path, body=body, is_repeatable=False, has_token=False)
        return await self.http.fetch(TokenResponse, call)

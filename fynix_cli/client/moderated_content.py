"""The endpoints under `/api/admin` about messages and conversations."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fynix_cli.client.http import Call, HttpClient
from fynix_server.protocol.moderated_content import (
    ConversationActResponse,
    MessageActResponse,
    PurgeResponse,
    ReviewResponse,
)

Body = Mapping[str, Any]


class ModeratedContentClient:
    """Asks as the person of `http`. Every method raises ApiError, NotLoggedIn, Unreachable."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def act_on_message(
        self, conversation_id: UUID, message_id: UUID, verb: str, body: Body
    ) -> MessageActResponse:
        """Not sent twice: a second one would be refused, since the first was done."""
        path = f"/api/admin/conversations/{conversation_id}/messages/{message_id}/{verb}"
        call = Call("POST", path, body=body, is_repeatable=False)
        return await self._http.fetch(MessageActResponse, call)

    async def act_on_conversation(
        self, conversation_id: UUID, verb: str, body: Body
    ) -> ConversationActResponse:
        """Not sent twice either."""
        path = f"/api/admin/conversations/{conversation_id}/{verb}"
        call = Call("POST", path, body=body, is_repeatable=False)
        return await self._http.fetch(ConversationActResponse, call)

    async def review(self, conversation_id: UUID, body: Body) -> ReviewResponse:
        """A page; a second try leaves a second trace, and shows the same."""
        path = f"/api/admin/conversations/{conversation_id}/read"
        return await self._http.fetch(ReviewResponse, Call("POST", path, body=body))

    async def purge(self, user_id: UUID, body: Body) -> PurgeResponse:
        """A part of it; a second try goes on with what is left."""
        path = f"/api/admin/users/{user_id}/purge"
        return await self._http.fetch(PurgeResponse, Call("POST", path, body=body))

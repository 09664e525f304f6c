"""Typing: forwarded seldom, ended by itself, never stored."""

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

from fynix_server.auth import Principal
from fynix_server.event_bus import TYPING, Envelope, EventBus
from fynix_server.membership import load_members, load_membership
from fynix_server.protocol.frames import Typing
from fynix_server.resources import Resources

FORWARD_EVERY_SECONDS = 3.0
ENDS_AFTER_SECONDS = 6.0


@dataclass(slots=True)
class _Episode:
    recipients: tuple[UUID, ...]
    forwarded_at: float
    expiry: asyncio.TimerHandle


class TypingIndicators:
    """Who of this instance's people is typing where."""

    def __init__(self, event_bus: EventBus) -> None:
        self._event_bus = event_bus
        self._episodes: dict[tuple[UUID, UUID], _Episode] = {}

    def needs_recipients(self, user_id: UUID, conversation_id: UUID) -> bool:
        """Whether the next start is one to forward, so that it must be known to whom."""
        episode = self._episodes.get((user_id, conversation_id))
        return episode is None or time.monotonic() - episode.forwarded_at >= FORWARD_EVERY_SECONDS

    def start(self, user_id: UUID, conversation_id: UUID, recipients: tuple[UUID, ...]) -> None:
        """Show it to `recipients`, until it is stopped or 6 s pass without another start."""
        self._forget(user_id, conversation_id)
        self._episodes[user_id, conversation_id] = _Episode(
            recipients, time.monotonic(), self._expire_later(user_id, conversation_id)
        )
        self._publish(user_id, conversation_id, recipients, is_typing=True)

    def prolong(self, user_id: UUID, conversation_id: UUID) -> None:
        """They type on: nothing to forward yet, but it ends later."""
        episode = self._episodes[user_id, conversation_id]
        episode.expiry.cancel()
        episode.expiry = self._expire_later(user_id, conversation_id)

    def stop(self, user_id: UUID, conversation_id: UUID) -> None:
        """They stopped, sent, or left. Nothing where they were not typing."""
        episode = self._forget(user_id, conversation_id)
        if episode is not None:
            self._publish(user_id, conversation_id, episode.recipients, is_typing=False)

    def stop_all(self, user_id: UUID) -> None:
        """Their last connection here is gone."""
        for typist, conversation_id in list(self._episodes):
            if typist == user_id:
                self.stop(typist, conversation_id)

    def close(self) -> None:
        for user_id, conversation_id in list(self._episodes):
            self._forget(user_id, conversation_id)

    def _forget(self, user_id: UUID, conversation_id: UUID) -> _Episode | None:
        episode = self._episodes.pop((user_id, conversation_id), None)
        if episode is not None:
            episode.expiry.cancel()
        return episode

    def _expire_later(self, user_id: UUID, conversation_id: UUID) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        return loop.call_later(ENDS_AFTER_SECONDS, self.stop, user_id, conversation_id)

    def _publish(
        self,
        user_id: UUID,
        conversation_id: UUID,
        recipients: tuple[UUID, ...],
        *,
        is_typing: bool,
    ) -> None:
        frame = Typing(conversation_id=conversation_id, user_id=user_id, is_typing=is_typing)
        self._event_bus.publish(
            Envelope(TYPING, recipients, frame.model_dump_json(), conversation_id)
        )


async def typing_recipients(
    resources: Resources, person: Principal, conversation_id: UUID
) -> tuple[UUID, ...]:
    """Who is shown that `person` is typing: the others, blocks and moderators willing.

    Raises: NotFound, NotPermitted.
    """
    async with resources.database.read() as connection:
        membership = await load_membership(connection, conversation_id, person.user_id)
        cached = resources.members.get(conversation_id, membership.members_version)
        members = cached or await load_members(connection, conversation_id)
    if members.is_frozen or resources.policy.keeps_silent(person.user_id):
        return ()
    return members.others_than(person.user_id)

"""What all sockets of an instance share, and the tasks that keep them true."""

import asyncio
import contextlib
from datetime import timedelta
from uuid import UUID

import structlog

from fynix_server.errors import Unavailable
from fynix_server.event_bus import Envelope
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.protocol.frames import ServerNotice
from fynix_server.resources import Resources
from fynix_server.sockets import queries
from fynix_server.sockets.delivery import Delivery
from fynix_server.sockets.guard import Guard
from fynix_server.sockets.roll_call import RollCall
from fynix_server.sockets.typing import TypingIndicators

RECONCILE_SECONDS = 10.0
RECONCILE_SECONDS_WITHOUT_REDIS = 1.0
"""And where the last round failed."""
LOOK_BACK = timedelta(seconds=60)
"""Longer than a round and than what clocks of instances may differ by."""
SPREAD_CLOSES_OVER_SECONDS = 10.0
log = structlog.get_logger(__name__)


class Live:
    """Delivery, typing and the closing of sockets, bound to the event bus."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self.delivery = Delivery(resources.database, resources.connections, resources.policy)
        self.typing = TypingIndicators(resources.event_bus)
        self.guard = Guard(resources)
        self.roll_call = RollCall(resources)
        self.is_leaving = False
        self._look_now = asyncio.Event()
        self._looked_at = resources.clock()
        self._did_look = True
        resources.event_bus.connect(self._deliver, self._obey, self.look_now)
        resources.policy.on_shut_out = self.shut_out
        resources.database.when_in_doubt = resources.event_bus.ask_to_look

    def _deliver(self, envelope: Envelope) -> None:
        self.delivery.deliver(envelope)
        if envelope.sender_id is not None:
            self.typing.stop(envelope.sender_id, envelope.conversation_id)

    def _obey(self, event: dict[str, str]) -> None:
        """Do what an act of a person asks of every instance. An unknown event is a newer one's."""
        resources = self._resources
        match event.get("type"):
            case "session_revoked":
                session_id = UUID(event["session_id"])
                resources.sessions.forget(session_id)
                resources.connections.close_session(
                    UUID(event["user_id"]), session_id, CloseCode.SESSION_REVOKED
                )
            case "shut_out":
                self.shut_out(UUID(event["user_id"]))
            case "account_changed":
                resources.sessions.forget_user(UUID(event["user_id"]))
            case "policy_changed":
                resources.policy.look_now()
            case "notice":
                self._give_notice(UUID(event["user_id"]), event["detail"])
            case _:
                self._obey_admin(event)

    def _obey_admin(self, event: dict[str, str]) -> None:
        """What has to do with limits and connections that are looked after by hand."""
        match event.get("type"):
            case "limit_reset":
                self._resources.limiter.forget_here(event["bucket"], event["key"])
            case "kicked":
                self._kick(UUID(event["user_id"]), event.get("connection_id"))
            case "roll_call":
                self.roll_call.answer(event)
            case "roll_call_answer":
                self.roll_call.take_answer(event)

    def shut_out(self, user_id: UUID) -> None:
        """Their account was suspended: nothing of theirs goes on here."""
        self._resources.sessions.forget_user(user_id)
        self._resources.connections.close_user(user_id, CloseCode.SUSPENDED)

    def _kick(self, user_id: UUID, connection_id: str | None) -> None:
        """Close sockets of theirs. Not with 4014: the login holds, and they may come back."""
        connections, code = self._resources.connections, CloseCode.SERVICE_RESTART
        if connection_id is None:
            connections.close_user(user_id, code)
        else:
            connections.close_one(user_id, UUID(connection_id), code)

    def _give_notice(self, user_id: UUID, detail: str) -> None:
        frame = ServerNotice(detail=detail).model_dump_json()
        for connection in self._resources.connections.of_user(user_id):
            if connection.is_opted_in:
                connection.send(frame)

    def look_now(self) -> None:
        """Do not wait for the next round: something may have been lost just now."""
        self._look_now.set()

    async def reconcile(self) -> None:
        """Find what the bus lost. Runs for the life of the instance: every 10 s, every second
        while Redis or the database is away, and at once when Redis is back."""
        while True:
            is_well = self._resources.event_bus.is_connected and self._did_look
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(
                    RECONCILE_SECONDS if is_well else RECONCILE_SECONDS_WITHOUT_REDIS
                ):
                    await self._look_now.wait()
            self._look_now.clear()
            try:
                await self._reconcile_once()
                self._did_look = True
            except Unavailable:
                if self._did_look:
                    log.warning("reconcile_skipped", reason="the database does not answer")
                self._did_look = False

    async def _reconcile_once(self) -> None:
        """One query a round, whoever is connected and however many."""
        resources = self._resources
        now = resources.clock()
        if len(resources.connections):
            # Back to the last round that worked: the database may have been away for long.
            since = min(now, self._looked_at) - LOOK_BACK
            async with resources.database.read() as connection:
                changes = await queries.changes_since(connection, since)
            self.delivery.reconcile(changes.conversations)
            for session_id, user_id in changes.ended_sessions.items():
                resources.connections.close_session(user_id, session_id, CloseCode.SESSION_REVOKED)
        self._looked_at = now

    async def leave(self) -> None:
        """Close every socket with 1012, spread out, so that they do not all come back at once."""
        self.is_leaving = True
        self.typing.close()
        remaining = list(self._resources.connections)
        seconds = min(SPREAD_CLOSES_OVER_SECONDS, self._resources.settings.shutdown_seconds / 2)
        pause = min(seconds / len(remaining), 0.05) if remaining else 0
        for connection in remaining:
            connection.close(CloseCode.SERVICE_RESTART)
            await asyncio.sleep(pause)
        await self.roll_call.leave()

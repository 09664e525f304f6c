"""The application: the only module that knows every feature. It opens what they share, owns the
tasks that run beside the requests, and closes everything in the right order."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine
from functools import partial
from typing import Any, cast

import structlog
from quart import Quart
from quart_cors import cors

from fynix_server.accounts.admin_routes import blueprint as others_sessions
from fynix_server.accounts.passwords import PasswordHasher
from fynix_server.accounts.routes import blueprint as accounts
from fynix_server.api_docs import install_api_docs
from fynix_server.auditing.routes import blueprint as auditing
from fynix_server.blocking.routes import blueprint as blocking
from fynix_server.clock import Clock, utc_now
from fynix_server.connections import Connections
from fynix_server.conversations.routes import blueprint as conversations
from fynix_server.database import Database
from fynix_server.errors import Unavailable
from fynix_server.event_bus import EventBus
from fynix_server.filtering.routes import blueprint as filtering
from fynix_server.health import blueprint as health
from fynix_server.health import start_metrics_server
from fynix_server.held_messages.routes import blueprint as held_messages
from fynix_server.http import install_http
from fynix_server.limits.routes import blueprint as limits
from fynix_server.logs import configure_logs
from fynix_server.membership import MembersCache
from fynix_server.messages.drafts import Stored
from fynix_server.messages.retry_lookup import RetryLookup
from fynix_server.messages.routes import blueprint as messages
from fynix_server.messages.service import announce_message
from fynix_server.messages.writer import MessageWriter
from fynix_server.metrics import observe_queries
from fynix_server.moderation.content.routes import blueprint as moderated_content
from fynix_server.moderation.routes import blueprint as moderation
from fynix_server.notices.routes import blueprint as notices
from fynix_server.policy import Policy
from fynix_server.privacy.routes import blueprint as privacy
from fynix_server.protocol.fields import MAX_BODY_BYTES
from fynix_server.rate_limit import RateLimiter
from fynix_server.redis_client import open_redis
from fynix_server.reports.routes import blueprint as reports
from fynix_server.resources import Resources
from fynix_server.retention.routes import blueprint as retention
from fynix_server.session_cache import SessionCache
from fynix_server.settings import Settings
from fynix_server.sockets.admin_routes import blueprint as connections
from fynix_server.sockets.live import Live
from fynix_server.sockets.routes import blueprint as sockets
from fynix_server.spam.routes import blueprint as spam
from fynix_server.spam.suspects import Suspects
from fynix_server.spam.watch import SpamWatch
from fynix_server.tokens import TokenSigner
from fynix_server.unread_bodies import ReadToEnd

DRAIN_SECONDS = 5.0
FIRST_POLICY_SECONDS = 2.0
EXPOSED_HEADERS = (
    "Idempotent-Replayed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-Id",
)
# `/api/conversations/health` stands before `/api/conversations/<id>`.
BLUEPRINTS = (
    health,
    # for everybody
    accounts,
    blocking,
    conversations,
    messages,
    notices,
    privacy,
    reports,
    sockets,
    # for those with a role
    auditing,
    connections,
    filtering,
    held_messages,
    limits,
    moderated_content,
    moderation,
    others_sessions,
    retention,
    spam,
)
log = structlog.get_logger(__name__)


def create_app(settings: Settings, clock: Clock = utc_now) -> Quart:
    """The ASGI application. It opens database and Redis when it starts serving, not here."""
    configure_logs(settings)
    app = Quart("fynix_server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    install_http(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    install_api_docs(app)
    app.while_serving(_Lifespan(app, settings, clock).serve)
    app.asgi_app = ReadToEnd(app.asgi_app)  # type: ignore[method-assign]  # as Quart documents
    if settings.allowed_origins:
        app = cors(
            app,
            allow_origin=sorted(settings.allowed_origins),
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            expose_headers=EXPOSED_HEADERS,
        )
    return app


async def leave(app: Quart) -> None:
    """Close the sockets, before the server stops accepting: their clients resume elsewhere."""
    await cast(Live, app.extensions["live"]).leave()


class _Lifespan:
    """What lives as long as the instance serves."""

    def __init__(self, app: Quart, settings: Settings, clock: Clock) -> None:
        self._app = app
        self._settings = settings
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []

    async def serve(self) -> AsyncGenerator[None, None]:
        """Open everything, hand over, and close it in the opposite order."""
        resources = self._open()
        live = Live(resources)
        self._app.extensions["resources"] = resources
        self._app.extensions["live"] = live
        # Set when a task has died: whoever runs the app should then stop it.
        self._app.extensions["failed"] = asyncio.Event()
        stop_metrics = start_metrics_server(self._settings)
        for name, work in (
            ("message_writer", resources.message_writer.run()),
            ("bus_flusher", resources.event_bus.flush()),
            ("bus_listener", resources.event_bus.listen()),
            ("delivery", live.delivery.run()),
            ("reconciler", live.reconcile()),
            ("guard", live.guard.run()),
            ("policy", resources.policy.run()),
            ("roll_call", live.roll_call.run()),
            ("spam_watch", SpamWatch(resources).run()),
        ):
            self._own(resources, name, work)
        await _load_policy(resources.policy)
        try:
            yield
        finally:
            await self._close(resources, live)
            stop_metrics()

    def _open(self) -> Resources:
        settings, clock = self._settings, self._clock
        database = Database(settings)
        for engine in database.engines:
            observe_queries(engine)
        redis = open_redis(settings)
        members = MembersCache()
        # A Redis inside this process has nobody else to tell.
        event_bus = EventBus(redis, has_peers=not settings.is_fakeredis)
        limiter, policy = RateLimiter(redis, settings, clock), Policy(database, event_bus, clock)
        policy.on_limit_overrides = limiter.use_overrides
        suspects = Suspects()
        return Resources(
            settings=settings,
            clock=clock,
            database=database,
            redis=redis,
            event_bus=event_bus,
            connections=Connections(settings.ws_connections_per_user),
            limiter=limiter,
            tokens=TokenSigner(settings.secret_key(), settings.jwt_expire_minutes, clock),
            sessions=SessionCache(),
            members=members,
            policy=policy,
            passwords=PasswordHasher(settings),
            message_writer=MessageWriter(
                database,
                members,
                clock,
                queue_size=settings.message_queue_size,
                announce=_announcer(settings, event_bus, suspects),
            ),
            retry_lookup=RetryLookup(database),
            suspects=suspects,
        )

    def _own(self, resources: Resources, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until the end. Should it die, the instance says so and stops serving."""

        async def watched() -> None:
            try:
                await work
            except Exception as error:
                log.critical("task_died", task=name, exc_info=error)
                resources.failed_task = name
                failed: asyncio.Event = self._app.extensions["failed"]
                failed.set()

        self._tasks.append(asyncio.create_task(watched(), name=name))

    async def _close(self, resources: Resources, live: Live) -> None:
        await live.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await resources.message_writer.drain()
        await _end(self._tasks)
        # What rules have matched since the last check; only a kill loses that.
        with contextlib.suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await resources.policy.store_hits()
        await resources.limiter.close()
        await resources.retry_lookup.close()
        await resources.database.close()
        await resources.redis.aclose()


async def _load_policy(policy: Policy) -> None:
    """So that the first send finds it. Where the database is away, its task goes on trying."""
    with contextlib.suppress(Unavailable, TimeoutError):
        async with asyncio.timeout(FIRST_POLICY_SECONDS):
            await policy.refresh()


def _announcer(
    settings: Settings, event_bus: EventBus, suspects: Suspects
) -> Callable[[Stored], None]:
    """What is done with a message that was just stored: told, and its sender noted, unless nobody
    is going to judge them."""

    def announce(stored: Stored) -> None:
        announce_message(event_bus, stored)
        message = stored.message
        suspects.note_sent(message.sender_id, message.seq, message.created_at)

    return partial(announce_message, event_bus) if settings.spam == "off" else announce


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel `tasks` until all are done: once may not do, since `asyncio.wait_for` of Python 3.11
    swallows a cancellation that comes as its inner future is done."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1.0)

"""What a running instance works with: opened by `app.py`, passed to every service first."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fynix_server.clock import Clock
from fynix_server.connections import Connections
from fynix_server.database import Database
from fynix_server.event_bus import EventBus
from fynix_server.rate_limit import RateLimiter
from fynix_server.redis_client import RedisClient
from fynix_server.session_cache import SessionCache
from fynix_server.settings import Settings
from fynix_server.tokens import TokenSigner

if TYPE_CHECKING:
    # Held here, so that services find them; what makes them stands above this module.
    from fynix_server.accounts.passwords import PasswordHasher
    from fynix_server.membership import MembersCache
    from fynix_server.messages.retry_lookup import RetryLookup
    from fynix_server.messages.writer import MessageWriter
    from fynix_server.policy import Policy
    from fynix_server.spam.suspects import Suspects


@dataclass
class Resources:
    """One of each, for the life of the instance."""

    settings: Settings
    clock: Clock
    database: Database
    redis: RedisClient
    event_bus: EventBus
    connections: Connections
    limiter: RateLimiter
    tokens: TokenSigner
    sessions: SessionCache
    members: "MembersCache"
    policy: "Policy"
    passwords: "PasswordHasher"
    message_writer: "MessageWriter"
    retry_lookup: "RetryLookup"
    suspects: "Suspects"
    failed_task: str | None = None
    """A task that died: the instance then says that it is unready, and stops."""

"""The open connections of this instance: who has which, and what waits to be written to each.

Knows nothing of WebSockets: `sockets/` reads the outbox and obeys `closing`.
"""

from fynix_server.connections.connection import Connection, opened_at
from fynix_server.connections.outbox import Outbox
from fynix_server.connections.registry import Connections

__all__ = ["Connection", "Connections", "Outbox", "opened_at"]

"""The connections of an instance, by person and by session."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from fynix_server import metrics
from fynix_server.connections.connection import Connection
from fynix_server.protocol.close_codes import CloseCode


class Connections:
    """The connections of this instance, by person and by session."""

    def __init__(self, max_per_user: int) -> None:
        self._by_user: dict[UUID, dict[UUID, Connection]] = {}
        self._max_per_user = max_per_user

    def __len__(self) -> int:
        return sum(len(mine) for mine in self._by_user.values())

    def __iter__(self) -> Iterator[Connection]:
        return (it for mine in list(self._by_user.values()) for it in list(mine.values()))

    @property
    def users(self) -> Iterable[UUID]:
        return self._by_user.keys()

    def of_user(self, user_id: UUID) -> Iterable[Connection]:
        mine = self._by_user.get(user_id)
        return mine.values() if mine else ()

    def carried_more(self, user_id: UUID, conversation_id: UUID, seq: int) -> bool:
        """Whether a connection of theirs was told of something after `seq` there."""
        return any(it.carried.get(conversation_id, 0) > seq for it in self.of_user(user_id))

    def has(self, user_id: UUID) -> bool:
        return user_id in self._by_user

    def add(self, connection: Connection) -> None:
        """Register it. One too many of a person: their oldest is closed (4012)."""
        mine = self._by_user.setdefault(connection.user_id, {})
        mine[connection.id] = connection
        metrics.websocket_connections.inc()
        open_ones = [it for it in mine.values() if not it.closing.done()]
        for oldest in open_ones[: max(0, len(open_ones) - self._max_per_user)]:
            oldest.close(CloseCode.TOO_MANY_CONNECTIONS)

    def remove(self, connection: Connection) -> None:
        mine = self._by_user.get(connection.user_id, {})
        if mine.pop(connection.id, None) is not None:
            metrics.websocket_connections.dec()
        if not mine:
            self._by_user.pop(connection.user_id, None)

    def close_session(self, user_id: UUID, session_id: UUID, code: CloseCode) -> None:
        for connection in list(self.of_user(user_id)):
            if connection.session_id == session_id:
                connection.close(code)

    def close_one(self, user_id: UUID, connection_id: UUID, code: CloseCode) -> None:
        for connection in self.of_user(user_id):
            if connection.id == connection_id:
                connection.close(code)

    def close_user(self, user_id: UUID, code: CloseCode) -> None:
        for connection in list(self.of_user(user_id)):
            connection.close(code)

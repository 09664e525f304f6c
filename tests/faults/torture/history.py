"""What the clients of a run did and saw: the only thing, beside the database, that is judged."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

Outcome = Literal["stored", "refused", "unknown"]
"""`unknown`: the line or the server failed, so that the message may stand or not."""

ReaderKind = Literal["client", "poller", "line", "plain"]
"""How a reader reads, and so what it may expect.

client: fynix_cli.client.LiveClient, which resumes: everything, once.
poller: `GET …/events` with a cursor of its own: everything, once.
line: a bare `fynix.v1` socket that starts anew each time: no hole and no double within a line.
plain: a client that knows the mission's frames alone: messages in order, none twice in a line.
"""


@dataclass(frozen=True, slots=True)
class Send:
    """One message that somebody tried to send, and what became of it.

    Times are seconds since the run began. `content` begins with a word that no other message
    has. `line`: the socket over which it went, where it went over one at its first try; sends
    of one line were made in the order of this history.
    """

    began: float
    ended: float
    sender_id: UUID
    conversation_id: UUID
    key: str | None
    content: str
    outcome: Outcome
    answer: str
    message_id: UUID | None = None
    seq: int | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class ReaderStarted:
    """From here on `reader` sees what follows `cursors` (by conversation)."""

    at: float
    reader: str
    kind: ReaderKind
    person_id: UUID
    cursors: dict[UUID, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """A numbered frame that a reader was shown. `line`: which of its connections carried it."""

    at: float
    reader: str
    line: int
    conversation_id: UUID
    seq: int
    type: str
    message_id: UUID | None
    content: str | None


@dataclass(frozen=True, slots=True)
class Resynced:
    """A reader was told that too much was missed, and goes on from `last_seq`."""

    at: float
    reader: str
    line: int
    conversation_id: UUID
    last_seq: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody asked for the messages of a conversation. `seqs`: of those that were shown."""

    began: float
    ended: float
    person_id: UUID
    conversation_id: UUID
    status: int
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """Somebody was added or removed, and the server said so."""

    began: float
    ended: float
    conversation_id: UUID
    person_id: UUID
    is_added: bool


@dataclass(frozen=True, slots=True)
class MarkerMoved:
    """The server said that `person_id` has read up to this message."""

    began: float
    ended: float
    person_id: UUID
    conversation_id: UUID
    message_id: UUID


@dataclass(frozen=True, slots=True)
class MarkerSeen:
    """How far `person_id` had read, as the server told `observer`. None: nothing yet."""

    began: float
    ended: float
    observer: str
    person_id: UUID
    conversation_id: UUID
    message_id: UUID | None


@dataclass(frozen=True, slots=True)
class UnreadTold:
    """The unread count of a conversation, asked when everything had come to rest."""

    at: float
    person_id: UUID
    conversation_id: UUID
    count: int


Observation = (
    Send
    | ReaderStarted
    | Seen
    | Resynced
    | Listed
    | MembershipChange
    | MarkerMoved
    | MarkerSeen
    | UnreadTold
)


@dataclass
class History:
    """Observations in the order in which they were made."""

    observations: list[Observation] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def record(self, observation: Observation) -> None:
        self.observations.append(observation)
        self._grown.set()

    async def more_of(self, kind: type[Any], count: int) -> None:
        """Wait until `count` more of a kind have been made."""
        seen = len(self.observations)
        while count > 0:
            self._grown.clear()
            await self._grown.wait()
            count -= sum(isinstance(it, kind) for it in self.observations[seen:])
            seen = len(self.observations)

    def of(self, kind: type[Any]) -> Iterator[Any]:
        return (it for it in self.observations if isinstance(it, kind))

    def write(self, path: Path) -> None:
        """As lines of JSON, for whoever wants to look closer."""
        with path.open("w") as file:
            for observation in self.observations:
                raw = {"kind": type(observation).__name__, **asdict(observation)}
                raw = {
                    name: {str(key): it for key, it in value.items()}
                    if isinstance(value, dict)
                    else value
                    for name, value in raw.items()
                }
                file.write(json.dumps(raw, default=str) + "\n")


def told(observation: Observation) -> str:
    """An observation as a line for people."""
    shown = " ".join(
        f"{it.name}={_short(getattr(observation, it.name))}"
        for it in fields(observation)
        if getattr(observation, it.name) is not None
    )
    return f"{type(observation).__name__} {shown}"


def _short(value: object) -> str:
    if isinstance(value, UUID):
        return value.hex[-8:]
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, dict):
        return f"{len(value)} conversations"
    return str(value)

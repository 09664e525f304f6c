"""Which numbered events reached a device: what the invariants are judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fynix_cli.scenario.playing.frame_buffer import Frame


@dataclass(frozen=True)
class Delivered:
    """A numbered event. `identity`: the message it is about, else its type; `joins`: whom it took
    in; `says`: what the message says; `edits`: whether it says it anew."""

    seq: int
    identity: str
    joins: str | None = None
    says: str | None = None
    edits: bool = False


@dataclass
class Span:
    """What came since some numbers were named: from then on each must come once.

    `begins`: by conversation, the last number before; `carried`: numbers after it that the line
    had carried already, and which a server does not say again on it; `events`: what came, in order;
    `names_all`: whether `begins` has every conversation that there was.
    """

    begins: dict[str, int]
    carried: dict[str, set[int]] = field(default_factory=dict)
    events: dict[str, list[Delivered]] = field(default_factory=dict)
    names_all: bool = False
    highest: dict[str, int] = field(default_factory=dict)

    def add(self, conversation_id: str, event: Delivered) -> None:
        self.events.setdefault(conversation_id, []).append(event)
        self.highest[conversation_id] = max(event.seq, self.highest.get(conversation_id, 0))

    def reached(self, conversation_id: str) -> int:
        """The highest number that came; 0: none, and none before."""
        carried = max(self.carried.get(conversation_id, ()), default=0)
        came = self.highest.get(conversation_id, self.begins.get(conversation_id, 0))
        return max(carried, came)


class DeliveryRecord:
    """The spans of one device. A new one begins where it asks for numbers of its own choice."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    @property
    def is_counting(self) -> bool:
        return bool(self.spans)

    def begin(
        self,
        standing: Mapping[str, int],
        carried: Mapping[str, set[int]] | None = None,
        *,
        names_all: bool = False,
    ) -> None:
        """Numbers after `standing` (by conversation) are what comes next, but for `carried`."""
        self.spans.append(Span(dict(standing), dict(carried or {}), names_all=names_all))

    def cursors(self) -> dict[str, int]:
        """How far each conversation has come: what to name in a `resume`."""
        if not self.spans:
            return {}
        span = self.spans[-1]
        return {it: span.reached(it) for it in {*span.begins, *span.events}}

    def note(self, frame: Frame) -> None:
        if not self.spans:
            return
        conversation_id = frame.get("conversation_id")
        if frame.get("type") == "resync_required" and isinstance(conversation_id, str):
            # From there on by REST: what lies between does not come.
            self.spans[-1].begins[conversation_id] = int(frame["last_seq"])
            self.spans[-1].events.pop(conversation_id, None)
            self.spans[-1].highest.pop(conversation_id, None)
        elif isinstance(conversation_id, str) and isinstance(frame.get("seq"), int):
            self.spans[-1].add(conversation_id, _delivered(frame))


def _delivered(frame: Mapping[str, Any]) -> Delivered:
    message = frame.get("message")
    says = str(message.get("content")) if isinstance(message, Mapping) else None
    is_edit = frame.get("type") == "message_updated"
    return Delivered(frame["seq"], _identity(frame), _joins(frame), says, is_edit)


def _identity(frame: Mapping[str, Any]) -> str:
    message = frame.get("message")
    if isinstance(message, Mapping):
        return str(message.get("id"))
    # In a replay a deletion also stands in place of the message.
    return str(frame.get("message_id") or frame["type"])


def _joins(frame: Mapping[str, Any]) -> str | None:
    participant = frame.get("participant")
    if frame.get("type") != "participant_added" or not isinstance(participant, Mapping):
        return None
    return str(participant.get("user_id"))

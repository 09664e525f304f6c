"""What was committed, learnt from what was published: the answer that every reader is held to."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fynix_server.event_bus import Envelope

Frame = dict[str, Any]


@dataclass
class Span:
    """From joining to leaving, both included. None: still there."""

    joined_seq: int
    left_seq: int | None = None

    def covers(self, seq: int) -> bool:
        return self.joined_seq <= seq and (self.left_seq is None or seq <= self.left_seq)


@dataclass
class Record:
    """One conversation: its frames as published, by number, and who was in it when."""

    frames: dict[int, Frame] = field(default_factory=dict)
    spans: dict[UUID, list[Span]] = field(default_factory=dict)
    deleted: set[UUID] = field(default_factory=set)

    @property
    def last_seq(self) -> int:
        return len(self.frames)

    def span_of(self, user_id: UUID) -> Span | None:
        """The one that lasts; None where they are not in it now."""
        spans = self.spans.get(user_id, [])
        return spans[-1] if spans and spans[-1].left_seq is None else None

    def members(self) -> tuple[UUID, ...]:
        """Who is in it now."""
        return tuple(it for it in self.spans if self.span_of(it) is not None)

    def messages(self) -> list[Frame]:
        """Those that can still be shown."""
        shown = (it["message"] for it in self.frames.values() if it["type"] == "new_message")
        return [it for it in shown if UUID(it["id"]) not in self.deleted]


class Truth:
    """Every conversation."""

    def __init__(self) -> None:
        self.records: dict[UUID, Record] = {}

    def note(self, envelope: Envelope) -> None:
        """Take what was just committed and published."""
        assert envelope.seq is not None
        frame: Frame = json.loads(envelope.frame)
        record = self.records.setdefault(envelope.conversation_id, Record())
        assert envelope.seq == record.last_seq + 1, "the counter has a hole"
        record.frames[envelope.seq] = frame
        for user_id in envelope.joiners:
            record.spans.setdefault(user_id, []).append(Span(envelope.seq))
        if frame["type"] == "participant_removed":
            record.spans[UUID(frame["user_id"])][-1].left_seq = envelope.seq
        if frame["type"] == "message_deleted":
            record.deleted.add(UUID(frame["message_id"]))

    def name(self, conversation_id: UUID) -> str:
        """The same in each run of a schedule, which ids are not."""
        return "ABCDEFGH"[list(self.records).index(conversation_id)]

    def check_shown(self, user_id: UUID, frame: Frame) -> None:
        """That `frame` is what its number holds, and that this person may see it."""
        record, seq = self.records[UUID(frame["conversation_id"])], frame["seq"]
        spans = [it for it in record.spans.get(user_id, []) if it.covers(seq)]
        assert spans, f"not theirs to see: {frame}"
        published = record.frames[seq]
        if frame["type"] != published["type"]:
            assert frame["type"] == "message_deleted", frame
            assert published["type"] in ("new_message", "message_updated"), frame
        if "message" in frame:
            assert frame["message"]["id"] == published["message"]["id"]
            about = frame["message"]["seq"]
            assert spans[0].covers(about), f"shows a message from before they joined: {frame}"

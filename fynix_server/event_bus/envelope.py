"""An event as it travels between instances: a frame, and whom it is for."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID


@dataclass(slots=True)
class Envelope:
    """A frame and whom it is for. `seq` is None for what is not numbered: typing, receipts.

    `for_opted_in`: the mission does not name this frame, so only clients that asked get it.
    `joiners`: people who take part from this frame on. `leavers`: people for whom it is the last.
    `sender_id`: of a new message, whose typing it ends. `excluded`: recipients who may not read
    what the frame is about, since it came before they joined or is hidden from them; they get
    `excluded_frame` in its place. `blockers`: recipients who have blocked whose message it is.
    `committed_at`: seconds since 1970, to measure how long delivery takes.
    """

    channel: str
    recipients: tuple[UUID, ...]
    frame: str
    conversation_id: UUID
    seq: int | None = None
    for_opted_in: bool = False
    joiners: tuple[UUID, ...] = ()
    leavers: tuple[UUID, ...] = ()
    sender_id: UUID | None = None
    excluded: tuple[UUID, ...] = ()
    excluded_frame: str = ""
    blockers: tuple[UUID, ...] = ()
    committed_at: float = field(default_factory=time.time)


def encode(envelope: Envelope) -> bytes:
    head: dict[str, Any] = {
        "recipients": [it.hex for it in envelope.recipients],
        "conversation_id": envelope.conversation_id.hex,
        "committed_at": envelope.committed_at,
    }
    # Few have the rest; each instance parses the head of every event.
    if envelope.seq is not None:
        head["seq"] = envelope.seq
    if envelope.sender_id is not None:
        head["sender_id"] = envelope.sender_id.hex
    if envelope.for_opted_in:
        head["for_opted_in"] = True
    for name in ("joiners", "leavers", "excluded", "blockers"):
        if people := getattr(envelope, name):
            head[name] = [it.hex for it in people]
    if envelope.excluded:
        head["excluded_frame"] = envelope.excluded_frame
    return f"{json.dumps(head)}\n{envelope.frame}".encode()


def decode(channel: str, head: dict[str, Any], frame: bytes) -> Envelope:
    sender_id = head.get("sender_id")
    return Envelope(
        channel=channel,
        recipients=_ids(head["recipients"]),
        frame=frame.decode(),
        conversation_id=_id(head["conversation_id"]),
        seq=head.get("seq"),
        for_opted_in=head.get("for_opted_in", False),
        joiners=_ids(head.get("joiners", ())),
        leavers=_ids(head.get("leavers", ())),
        sender_id=None if sender_id is None else _id(sender_id),
        excluded=_ids(head.get("excluded", ())),
        excluded_frame=head.get("excluded_frame", ""),
        blockers=_ids(head.get("blockers", ())),
        committed_at=head["committed_at"],
    )


# The same few come again and again, and making one takes ten times as long as finding it.
_id = lru_cache(maxsize=10_000)(UUID)


def _ids(people: Iterable[str]) -> tuple[UUID, ...]:
    return tuple(map(_id, people))

"""The frames of the log, as they are published and as they are replayed."""

import json
from typing import Any
from uuid import UUID


def new_message_frame(conversation_id: UUID, seq: int, message_json: str) -> str:
    """The frame of a message that is encoded already: the hot path encodes it only once."""
    return (
        f'{{"type":"new_message","conversation_id":"{conversation_id}","seq":{seq},'
        f'"message":{message_json}}}'
    )


def event_frame(event_type: str, conversation_id: UUID, seq: int, payload: dict[str, Any]) -> str:
    """The frame of an event; `payload` is what `NewEvent` was stored with."""
    return frame_of(event_type, conversation_id, seq, encode_payload(payload))


NO_MESSAGE = UUID(int=0)
"""Where a number's row is gone, and with it the id of its message."""


def hidden_message_frame(conversation_id: UUID, seq: int, message_id: UUID) -> str:
    """A number whose message cannot be shown: it was deleted, has expired, or was sent before the
    reader joined."""
    gone = {"message_id": str(message_id), "deleted_by": None}
    return event_frame("message_deleted", conversation_id, seq, gone)


_NOT_MARKED = '"is_from_blocked":false}}'
_MARKED = '"is_from_blocked":true}}'


def marked_frame(frame: str) -> str:
    """The frame of a message, or of its edit, for whoever has blocked its sender.

    The mark is the last field of a message, which is the last of such a frame: no text in it can
    stand where this looks.
    """
    if not frame.endswith(_NOT_MARKED):
        return frame
    return frame[: -len(_NOT_MARKED)] + _MARKED


def encode_payload(payload: dict[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def frame_of(event_type: str, conversation_id: UUID, seq: int, payload_json: str) -> str:
    own_fields = payload_json[1:-1]
    comma = "," if own_fields else ""
    return (
        f'{{"type":"{event_type}","conversation_id":"{conversation_id}","seq":{seq}'
        f"{comma}{own_fields}}}"
    )

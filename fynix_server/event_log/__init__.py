"""The log of a conversation: messages and events on one counter, read back as frames.

A frame is built by the same function when it is published and when it is replayed, so that a
client which comes back sees what it would have seen live.
"""

from fynix_server.event_log.appending import (
    NewEvent,
    allot_seq,
    append_event,
    append_events,
    record_event,
)
from fynix_server.event_log.frames import (
    event_frame,
    hidden_message_frame,
    marked_frame,
    new_message_frame,
)
from fynix_server.event_log.reading import LoggedFrame, Viewer, beginning_payload, frames_after

__all__ = [
    "LoggedFrame",
    "NewEvent",
    "Viewer",
    "allot_seq",
    "append_event",
    "append_events",
    "beginning_payload",
    "event_frame",
    "frames_after",
    "hidden_message_frame",
    "marked_frame",
    "new_message_frame",
    "record_event",
]

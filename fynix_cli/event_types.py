"""The types of live frame that one can watch for."""

from enum import StrEnum


class EventType(StrEnum):
    """Stands here, and is not read off the frames, so that help and completion load no model."""

    new_message = "new_message"
    message_updated = "message_updated"
    message_deleted = "message_deleted"
    message_read = "message_read"
    typing = "typing"
    conversation_created = "conversation_created"
    conversation_updated = "conversation_updated"
    participant_added = "participant_added"
    participant_updated = "participant_updated"
    participant_removed = "participant_removed"
    server_notice = "server_notice"

"""Frames as the server sends them, in JSON."""

from typing import Any

ALICE = "01a227c1-9f80-75d7-9b6a-6d9963778cd8"
CONVERSATION = "01a227c1-fef4-77a5-9d76-a31a5995da0d"
NEW_MESSAGE: dict[str, Any] = {
    "type": "new_message",
    "conversation_id": CONVERSATION,
    "seq": 12,
    "message": {
        "id": "01a227c2-00af-767f-8567-d802d9baef6c",
        "conversation_id": CONVERSATION,
        "seq": 12,
        "sender_id": ALICE,
        "sender_username": "alice",
        "content": "Deploy of a=b done",
        "content_type": "text",
        "created_at": "2026-11-29T14:42:35Z",
        "edited_at": None,
        "client_message_id": None,
        "is_read": False,
        "read_by": [ALICE],
        "is_held": False,
        "is_from_blocked": False,
    },
}
TYPING: dict[str, Any] = {
    "type": "typing",
    "conversation_id": CONVERSATION,
    "user_id": ALICE,
    "is_typing": True,
}

"""Events between instances: what they are, and how they travel."""

from fynix_server.event_bus.bus import (
    CHANNELS,
    CONTROL,
    MESSAGES,
    READ_RECEIPTS,
    TYPING,
    EventBus,
)
from fynix_server.event_bus.envelope import Envelope

__all__ = [
    "CHANNELS",
    "CONTROL",
    "MESSAGES",
    "READ_RECEIPTS",
    "TYPING",
    "Envelope",
    "EventBus",
]

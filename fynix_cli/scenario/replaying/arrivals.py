"""Frames that came then, found again among those that come now."""

import json
from collections.abc import Mapping
from typing import Any

from fynix_cli.scenario.model.step_shapes import CLOSED
from fynix_cli.scenario.playing.frame_buffer import Frame
from fynix_cli.scenario.replaying.identities import UUID, Identities

NORMAL_CLOSE = 1000
_HOUSEKEEPING = frozenset({"hello", "pong", "resumed"})
_TELLING = ("conversation_id", "seq", "user_id", "is_typing", "message_id", "code", "error", "ref")
"""What tells one frame of a type from another."""


def is_awaited(frame: Frame) -> bool:
    """Whether it is to come again. A line that this side closed is closed without being told."""
    kind = frame.get("type")
    is_own_close = kind == CLOSED and frame.get("code") == NORMAL_CLOSE
    return kind not in _HOUSEKEEPING and not is_own_close


def is_the_same(then: Frame, now: Frame, ids: Identities) -> bool:
    """Whether `now` is what `then` was. Ids that are not known yet may be any."""
    if then.get("type") != now.get("type"):
        return False
    return all(_may_be(then.get(name), now.get(name), ids) for name in _TELLING)


def _may_be(then: Any, now: Any, ids: Identities) -> bool:
    if isinstance(then, str) and UUID.fullmatch(then) and ids.known(then) is None:
        return isinstance(now, str)
    return bool(ids.translated(then) == now)


def told(frame: Mapping[str, Any]) -> str:
    """A frame in a few words."""
    known = {name: frame[name] for name in ("seq", "is_typing", "code") if name in frame}
    return f"{frame.get('type')} {json.dumps(known) if known else ''}".rstrip()

"""What people did, as seen from outside: the server's unread counts are checked against it, and
the delay of events is counted from it."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fynix_cli.scenario.playing.calls import Answer, Call
from fynix_cli.scenario.playing.frame_buffer import Arrival, Frame

_MESSAGES = re.compile(r"^/api/conversations/[^/?]+/messages/?$")
_DM_OR_GROUP = re.compile(r"^/api/conversations(/dm/[^/?]+)?/?$")
CREATED, SERVER_ERROR = 201, 500


@dataclass(frozen=True)
class ServerError:
    """An answer with a status of 500 or more."""

    status: int
    what: str
    request_id: str | None


@dataclass
class Ledger:
    """By id throughout. `markers`: how far each person has read each conversation, as a seq;
    `begun`: conversations that began within this scenario, so that all of them is known."""

    seqs: dict[str, int] = field(default_factory=dict)
    markers: dict[tuple[str, str], int] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    unknown_markers: set[tuple[str, str]] = field(default_factory=set)
    server_errors: list[ServerError] = field(default_factory=list)
    latencies: dict[str, list[float]] = field(default_factory=dict)
    _causes: dict[tuple[str, ...], float] = field(default_factory=dict)

    def note_answer(self, user_id: str, call: Call, answer: Answer) -> None:
        path, body = call.path.partition("?")[0], answer.body
        if answer.status >= SERVER_ERROR:
            what = f"{call.method} {path}"
            self.server_errors.append(ServerError(answer.status, what, answer.request_id))
        if not answer.is_success or not isinstance(body, Mapping):
            return
        if call.method == "POST" and _MESSAGES.match(path):
            self.note_own_message(user_id, body)
        elif call.method == "POST" and _DM_OR_GROUP.match(path) and answer.status == CREATED:
            self.begun.add(str(body.get("id")))
        elif call.method == "PATCH" and path.endswith("/read"):
            self._note_read(user_id, body)

    def note_own_message(self, user_id: str, message: Mapping[str, Any]) -> None:
        """A message that `user_id` has sent, which marks everything before as read."""
        self._note_message(message)
        self._move_marker(user_id, str(message["conversation_id"]), int(message["seq"]))

    def note_frame(self, arrival: Arrival, *, is_replayed: bool = False) -> None:
        """`is_replayed`: it had been missed, so that when it came says nothing of delivery."""
        frame = arrival.frame
        kind = frame.get("type")
        if kind == "error" and int(frame.get("status_code") or 0) >= SERVER_ERROR:
            error = ServerError(int(frame["status_code"]), f"frame {frame.get('error')}", None)
            self.server_errors.append(error)
        if kind == "new_message":
            # Of one whose answer was lost, too.
            self.note_own_message(str(frame["message"]["sender_id"]), frame["message"])
        if kind == "message_read":
            self._note_read(str(frame["user_id"]), frame)
        began = self._causes.get(_cause_of(frame))
        if began is not None and not is_replayed:
            self.latencies.setdefault(str(kind), []).append(arrival.at - began)

    def begins(self, *cause: str) -> None:
        """Something is about to be asked that will cause an event: see `cause_of` of the steps."""
        self._causes[cause] = time.monotonic()

    def _note_message(self, message: Mapping[str, Any]) -> None:
        self.seqs[str(message.get("id"))] = int(message.get("seq") or 0)

    def _note_read(self, user_id: str, told: Mapping[str, Any]) -> None:
        conversation_id = str(told["conversation_id"])
        seq = self.seqs.get(str(told["message_id"]))
        if seq is None:
            self.unknown_markers.add((user_id, conversation_id))
        else:
            self._move_marker(user_id, conversation_id, seq)

    def _move_marker(self, user_id: str, conversation_id: str, seq: int) -> None:
        key = user_id, conversation_id
        self.markers[key] = max(seq, self.markers.get(key, 0))


def _cause_of(frame: Frame) -> tuple[str, ...]:
    """What identifies the request that caused a frame."""
    kind = str(frame.get("type"))
    if kind == "new_message":
        return kind, str(frame["message"].get("client_message_id"))
    if kind == "message_updated":
        return kind, str(frame["message"].get("id"))
    if kind == "message_deleted":
        return kind, str(frame.get("message_id"))
    if kind == "message_read":
        return kind, str(frame.get("user_id")), str(frame.get("message_id"))
    if kind == "typing":
        conversation_id = str(frame.get("conversation_id"))
        return kind, str(frame.get("user_id")), conversation_id, str(frame.get("is_typing"))
    return (kind,)

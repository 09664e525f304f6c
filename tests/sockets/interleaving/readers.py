"""Clients that hold the server to docs/protocol.md, frame by frame."""

import json
from uuid import UUID

from tests.sockets.interleaving.truth import Frame, Truth


class ReturningReader:
    """A `fynix.v1` client. Its cursors are those of the protocol's words, over all its sockets.

    Every number follows the one before: a jump is a loss, the same again is a double. Only a
    joining begins anew, and `resync_required` leaps.
    """

    def __init__(self, truth: Truth, user_id: UUID) -> None:
        self._truth = truth
        self.user_id = user_id
        self.cursors: dict[UUID, int] = {}
        self.must_resume = True
        self._has_failed = False

    def connect(self) -> None:
        """A new socket: it is to be resumed before anything."""
        self.must_resume, self._has_failed = True, False

    def command(self, number: int = 0) -> Frame:
        """The `resume` to send now. After one that failed also, at times, one without cursors,
        which does not mend what the other left."""
        if self._has_failed and number % 2:
            return {"type": "resume", "ref": "none", "cursors": {}}
        # In one order, so that a schedule repeats exactly.
        cursors = {str(id_): self.cursors[id_] for id_ in sorted(self.cursors, reverse=True)}
        return {"type": "resume", "ref": "r", "cursors": cursors}

    def hear(self, encoded: str) -> None:
        frame: Frame = json.loads(encoded)
        match frame["type"]:
            case "resumed":
                told = {UUID(id_): seq for id_, seq in frame["cursors"].items()}
                if frame["ref"] == "none":
                    told = self._without_failed(told)
                else:
                    self.must_resume = self._has_failed = False
                self._take_cursors(told)
            case "resync_required":
                conversation_id = UUID(frame["conversation_id"])
                assert frame["last_seq"] > self.cursors[conversation_id]
                self.cursors[conversation_id] = frame["last_seq"]
            case "error":
                assert frame["code"] in (4004, 4008), frame
                if frame["code"] == 4008:
                    self.must_resume = self._has_failed = True
            case _:
                self._follow(frame)

    def _without_failed(self, told: dict[UUID, int]) -> dict[UUID, int]:
        """What was not replayed is not in `resumed`, and stands as it stood."""
        return {**{id_: seq for id_, seq in self.cursors.items() if id_ not in told}, **told}

    def _follow(self, frame: Frame) -> None:
        self._truth.check_shown(self.user_id, frame)
        conversation_id, seq = UUID(frame["conversation_id"]), frame["seq"]
        known = self.cursors.get(conversation_id)
        spans = self._truth.records[conversation_id].spans[self.user_id]
        is_beginning = any(it.joined_seq == seq for it in spans) and seq > (known or 0)
        if known is not None and not is_beginning:
            assert seq == known + 1, f"{seq} follows {known} in {self._truth.name(conversation_id)}"
        self.cursors[conversation_id] = seq

    def _take_cursors(self, told: dict[UUID, int]) -> None:
        for conversation_id, seq in self.cursors.items():
            name = self._truth.name(conversation_id)
            record = self._truth.records[conversation_id]
            # Out of it and in again: that is still to be told, also where they are out once more.
            to_begin = [it for it in record.spans[self.user_id] if seq < it.joined_seq]
            if conversation_id not in told:
                is_out = record.span_of(self.user_id) is None
                assert is_out or to_begin, f"{name} is not in resumed"
            elif (at := told[conversation_id]) != seq:
                is_before_joining = any(seq <= at < it.joined_seq for it in to_begin)
                assert is_before_joining, f"resumed {name} at {at}, not {seq}"
        # Left while the server learnt that they were in it: the next resume will be refused.
        self.cursors = {
            conversation_id: seq
            for conversation_id, seq in told.items()
            if conversation_id in self.cursors
            or self._truth.records[conversation_id].span_of(self.user_id) is not None
        }

    def check_complete(self) -> None:
        """When all is quiet: nothing is missing."""
        for conversation_id, record in self._truth.records.items():
            cursor = self.cursors.get(conversation_id)
            if record.span_of(self.user_id) is not None:
                assert cursor == record.last_seq, (
                    f"{self._truth.name(conversation_id)} ends at {cursor}"
                )
            elif cursor is not None:
                # Who was in it for so short that nothing of it was heard here may be told nothing.
                left = [it.left_seq for it in record.spans[self.user_id]]
                name = self._truth.name(conversation_id)
                assert cursor in left, f"{name} left at {left} ends at {cursor}"


class PlainReader:
    """A client written from the mission alone; it may opt in later by a `resume`."""

    def __init__(self, truth: Truth, user_id: UUID) -> None:
        self._truth = truth
        self.user_id = user_id
        self.got: dict[UUID, list[int]] = {}
        self._begins = {id_: record.last_seq for id_, record in truth.records.items()}
        """What is committed from here on must reach it."""
        self._floors: dict[UUID, int] = {}
        self._is_resuming = False
        self.is_opted_in = False
        self.must_resume = False

    def command(self, number: int = 0) -> Frame:
        """A `resume` from anywhere, the first time; later the same again."""
        if not self.is_opted_in:
            for position, (conversation_id, record) in enumerate(self._truth.records.items()):
                if (number >> position) & 1:
                    self._floors[conversation_id] = (number >> 3) % (record.last_seq + 1)
        self.is_opted_in = True
        self._is_resuming = True
        cursors = {str(conversation_id): seq for conversation_id, seq in self._floors.items()}
        return {"type": "resume", "ref": "p", "cursors": cursors}

    def hear(self, encoded: str) -> None:
        frame: Frame = json.loads(encoded)
        match frame["type"]:
            case "resumed":
                self._is_resuming = False
                self.must_resume = False
            case "resync_required":
                self._floors[UUID(frame["conversation_id"])] = frame["last_seq"]
            case "error":
                assert frame["code"] in (4004, 4008), frame
                self.must_resume = self.must_resume or frame["code"] == 4008
            case _:
                self._follow(frame)

    def _follow(self, frame: Frame) -> None:
        self._truth.check_shown(self.user_id, frame)
        assert self.is_opted_in or frame["type"] == "new_message", frame
        conversation_id, seq = UUID(frame["conversation_id"]), frame["seq"]
        got = self.got.setdefault(conversation_id, [])
        assert seq not in got, f"{seq} of {self._truth.name(conversation_id)} twice"
        # A replay goes back to what the socket did not carry.
        if conversation_id not in self._floors or not self._is_resuming:
            assert seq > max(got, default=0), (
                f"{seq} of {self._truth.name(conversation_id)} after {got}"
            )
        got.append(seq)

    def check_complete(self) -> None:
        """When all is quiet: every message since it came, and all since where it resumed."""
        for conversation_id, record in self._truth.records.items():
            span = record.span_of(self.user_id)
            if span is None:
                continue
            since = max(self._begins.get(conversation_id, 0), span.joined_seq - 1)
            wanted = {it["seq"] for it in record.messages() if it["seq"] > since}
            if conversation_id in self._floors:
                floor = max(self._floors[conversation_id], span.joined_seq - 1)
                wanted = set(range(floor + 1, record.last_seq + 1))
            missing = wanted - set(self.got.get(conversation_id, []))
            assert not missing, f"{missing} of {self._truth.name(conversation_id)} never came"

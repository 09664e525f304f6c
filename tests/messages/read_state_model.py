"""What people see of conversations, worked out the slow way.

Nothing here knows of markers, counters or numbers to compare: each person has, for each stay in
a conversation, the set of messages that they were shown and the set of those that they have read.
"""

from dataclasses import dataclass, field
from typing import Any

OK, CREATED, GONE = 200, 201, 204
REFUSED, UNKNOWN, CONFLICT = 403, 404, 409


@dataclass(eq=False)
class Said:
    """A message. `at`: the step of the test that sent it."""

    id: str
    seq: int
    sender: str
    content: str
    at: int
    is_deleted: bool = False


@dataclass(eq=False)
class Stay:
    """One stay of a person in a conversation. `order`: of joining; who joined at once, by age."""

    order: tuple[int, int]
    role: str
    shown: list[Said] = field(default_factory=list)
    read: set[Said] = field(default_factory=set)

    def visible(self) -> list[Said]:
        return [it for it in self.shown if not it.is_deleted]


@dataclass(eq=False)
class Room:
    """A conversation. `stays`: of those who are in it now. `latest_read`: of whoever ever was."""

    id: str
    is_group: bool
    begun_at: int
    stays: dict[str, Stay]
    seq: int = 1
    said: list[Said] = field(default_factory=list)
    latest_read: dict[str, Said] = field(default_factory=dict)

    def who_may(self, act: str, message: Said | None) -> list[str]:
        """Those who would not be refused."""
        if act in ("add", "remove"):
            return [name for name, stay in self.stays.items() if stay.role == "owner"]
        if act in ("edit", "delete") and message is not None:
            return [name for name in self.stays if name == message.sender]
        return list(self.stays)

    # ── what people do: each says how it is answered ─────────────────────────────────────────

    def may_send(self, person: str) -> int:
        return CREATED if person in self.stays else REFUSED

    def send(self, person: str, message: Said) -> None:
        """Whoever sends has read everything before, and their own as a matter of course."""
        self.seq += 1
        self.said.append(message)
        for stay in self.stays.values():
            stay.shown.append(message)
        self.read(person, message)

    def read(self, person: str, upto: Said) -> int:
        """Everything that was sent up to this message counts as read, deleted or not."""
        status = self._may_see(person, upto)
        if status == OK:
            stay = self.stays[person]
            stay.read.update(stay.shown[: stay.shown.index(upto) + 1])
            before = self.latest_read.get(person)
            if before is None or self.said.index(before) < self.said.index(upto):
                self.latest_read[person] = upto
        return status

    def delete(self, person: str, message: Said) -> int:
        status = self._may_see(person, message)
        if status != OK:
            return status
        if message.sender != person:
            return REFUSED
        if not message.is_deleted:
            message.is_deleted = True
            self.seq += 1
        return GONE

    def edit(self, person: str, message: Said, content: str) -> int:
        status = self._may_see(person, message)
        if status != OK:
            return status
        if message.is_deleted:
            return UNKNOWN
        if message.sender != person:
            return REFUSED
        if message.content != content:
            message.content = content
            self.seq += 1
        return OK

    def add(self, person: str, newcomer: str, age: int) -> int:
        """`age`: who of two has the older account."""
        if person not in self.stays or self.stays[person].role != "owner":
            return REFUSED
        if newcomer in self.stays:
            return CONFLICT
        self.seq += 1
        self.stays[newcomer] = Stay((self.seq, age), "member")
        return CREATED

    def remove(self, person: str, leaver: str) -> int:
        mine, theirs = self.stays.get(person), self.stays.get(leaver)
        if mine is None or (person != leaver and mine.role != "owner"):
            return REFUSED
        if theirs is None:
            return UNKNOWN
        self.seq += 1
        del self.stays[leaver]
        if theirs.role == "owner" and self.stays:
            min(self.stays.values(), key=lambda it: it.order).role = "owner"
            # The heir's new role has a number of its own.
            self.seq += 1
        return GONE

    def _may_see(self, person: str, message: Said) -> int:
        if person not in self.stays:
            return REFUSED
        return OK if message in self.stays[person].shown else UNKNOWN

    # ── what people see ──────────────────────────────────────────────────────────────────────

    def unread(self, person: str) -> int:
        stay = self.stays[person]
        return sum(1 for it in stay.visible() if it.sender != person and it not in stay.read)

    def readers(self, message: Said) -> list[str]:
        """Those in the conversation now who have read it during this stay; not its sender."""
        return [
            person
            for person, stay in self.stays.items()
            if message in stay.read and person != message.sender
        ]

    def as_seen(self, message: Said, viewer: str) -> dict[str, Any]:
        readers = self.readers(message)
        is_own = message.sender == viewer
        return {
            "id": message.id,
            "seq": message.seq,
            "sender": message.sender,
            "content": message.content,
            "is_read": bool(readers) if is_own else viewer in readers,
            "read_by": set(readers),
        }

    def messages(self, person: str) -> list[dict[str, Any]]:
        """Newest first."""
        return [self.as_seen(it, person) for it in reversed(self.stays[person].visible())]

    def summary(self, person: str) -> dict[str, Any]:
        """Its line in the person's list."""
        visible = self.stays[person].visible()
        return {
            "id": self.id,
            "last_seq": self.seq,
            "unread_count": self.unread(person),
            "last_message": self.as_seen(visible[-1], person) if visible else None,
            "participants": {
                name: (stay.role, self.latest_read[name].id if name in self.latest_read else None)
                for name, stay in self.stays.items()
            },
        }

    @property
    def active_at(self) -> int:
        """When the last message was sent, deleted or not; when it began where there is none."""
        return self.said[-1].at if self.said else self.begun_at

"""Whether a log is as it was written: a stream of its entries, looked at one after the other.

Nothing is kept of them but where the chain stands, and of whom details are missing: so a log of any
length takes the same memory.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

from fynix_server.audit_chain.link import GENESIS, Link, digest_of

ERASE_ACTION = "user.erase"
"""The entry that says why details about somebody are gone."""
CUT_ACTION = "audit.cut"
"""The entry that says why the oldest are gone. Its target, which the chain covers and no erasing
removes, is the number and the hash of the last that went."""

Problem = Literal[
    "changed",
    "details_changed",
    "details_removed",
    "unlinked",
    "missing",
    "out_of_order",
    "rewritten",
    "cut_off",
    "beyond_head",
    "head_differs",
    "unreadable",
]


class Mark(NamedTuple):
    """Where a log stood: an entry's number and hash, short enough to be written down."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises: ValueError (not `SEQ:HASH`)."""
        matched = re.fullmatch(r"([0-9]{1,18}):([0-9a-fA-F]{64})", text.strip())
        if matched is None:
            raise ValueError(f"{text!r} is not SEQ:HASH")
        return cls(int(matched[1]), matched[2].lower())


BEGINNING = Mark(0, GENESIS)
"""Where an empty log stands."""


@dataclass(frozen=True, slots=True)
class Chained:
    """An entry as it was stored. `details` and `details_salt` None: erased."""

    link: Link
    hash: str
    details: str | None
    details_salt: str | None


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry that is not as it must be, by its number."""

    seq: int
    problem: Problem
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `last`: where the log stands. `erased`: entries without details, whose
    persons were erased. `broken` None: it is as it was written.

    `begins_after`: where what was looked at begins. `cut_by`: the entry that says that those before
    were cut off; None: none were."""

    count: int
    begins_after: Mark
    cut_by: int | None
    last: Mark
    erased: int
    broken: Break | None


class ChainVerifier:
    """Takes entries in their order. `known`: where the log, or its beginning, is known to have
    stood; entries up to there may be left out."""

    def __init__(self, known: Mark | None = None) -> None:
        self._known = known
        self._begins_after = BEGINNING
        self._cut_by: int | None = None
        self._last = BEGINNING
        self._count = 0
        self._erased = 0
        self._unexplained: dict[str, int] = {}
        self._broken: Break | None = None

    @property
    def last(self) -> Mark:
        return self._last

    def take(self, entry: Chained) -> bool:
        """Whether all is well up to this one. After a False there is nothing more to take."""
        if self._count == 0:
            self._begin_before(entry.link)
        self._broken = self._problem_of(entry)
        if self._broken is None:
            self._last = Mark(entry.link.seq, entry.hash)
            self._count += 1
            self._note_details(entry)
            self._note_cut(entry.link)
        return self._broken is None

    def reject(self, detail: str) -> None:
        """What comes next cannot even be read."""
        self._broken = Break(self._last.seq + 1, "unreadable", detail)

    def finish(self, head: Mark | None) -> Verdict:
        """The end of the stream. `head`: where the log says that it ends; None: it does not say."""
        broken = (
            self._broken
            or self._problem_of_beginning()
            or self._problem_of_end(head)
            or self._problem_of_erasures()
        )
        return Verdict(
            self._count, self._begins_after, self._cut_by, self._last, self._erased, broken
        )

    def _begin_before(self, first: Link) -> None:
        """Where the chain is taken up: where it is known to have stood, or else where its first
        entry says that it stood, if a later one says so too (`_note_cut`)."""
        before = Mark(first.seq - 1, first.previous_hash)
        if self._known is not None and self._known.seq <= before.seq:
            self._begins_after = self._known
        elif before.seq > 0:
            self._begins_after = before
        self._last = self._begins_after

    def _note_cut(self, link: Link) -> None:
        is_of_this = (link.action, link.outcome) == (CUT_ACTION, "done")
        if is_of_this and link.target_id == str(self._begins_after):
            self._cut_by = link.seq

    def _problem_of_beginning(self) -> Break | None:
        if self._cut_by is not None or self._begins_after in (BEGINNING, self._known):
            return None
        first = self._begins_after.seq + 1
        return Break(
            1, "missing", f"entry {first} is the first, and none says that others were cut off"
        )

    def _problem_of(self, entry: Chained) -> Break | None:
        link = entry.link
        return (
            self._problem_of_order(link.seq)
            or _problem_of_itself(entry)
            or self._problem_of_place(entry)
            or _problem_of_details(entry)
        )

    def _problem_of_order(self, seq: int) -> Break | None:
        expected = self._last.seq + 1
        if seq < expected:
            return Break(seq, "out_of_order", f"it stands after entry {self._last.seq}")
        if seq > expected:
            return Break(expected, "missing", f"entry {seq} comes after entry {self._last.seq}")
        return None

    def _problem_of_place(self, entry: Chained) -> Break | None:
        seq = entry.link.seq
        if entry.link.previous_hash != self._last.hash:
            return Break(seq, "unlinked", f"it was not written after entry {self._last.seq}")
        if self._known is not None and seq == self._known.seq and entry.hash != self._known.hash:
            return Break(seq, "rewritten", "its hash is another than the one that is known")
        return None

    def _problem_of_end(self, head: Mark | None) -> Break | None:
        last = self._last
        if self._known is not None and last.seq < self._known.seq:
            return Break(last.seq + 1, "cut_off", f"entry {self._known.seq} is known to have been")
        if head is None or head == last:
            return None
        if last.seq < head.seq:
            return Break(last.seq + 1, "cut_off", f"the log is said to end at entry {head.seq}")
        if last.seq > head.seq:
            return Break(head.seq + 1, "beyond_head", "the log is said to end before it")
        return Break(last.seq, "head_differs", "the log is said to end with another")

    def _note_details(self, entry: Chained) -> None:
        link = entry.link
        if entry.details is None:
            self._erased += 1
            self._unexplained.setdefault(str(link.target_id), link.seq)
        if (link.action, link.outcome, link.target_kind) == (ERASE_ACTION, "done", "user"):
            self._unexplained.pop(str(link.target_id), None)

    def _problem_of_erasures(self) -> Break | None:
        if not self._unexplained:
            return None
        seq = min(self._unexplained.values())
        return Break(seq, "details_removed", "its details are gone, and its person never erased")


def _problem_of_itself(entry: Chained) -> Break | None:
    if entry.link.hash() != entry.hash:
        return Break(entry.link.seq, "changed", "its fields do not have its hash")
    return None


def _problem_of_details(entry: Chained) -> Break | None:
    seq = entry.link.seq
    if entry.details is None and entry.details_salt is None:
        if entry.link.target_kind == "user":
            return None  # whether they were erased is said further on
        return Break(seq, "details_removed", "its details are gone, and it is about no person")
    if entry.details is None or entry.details_salt is None:
        return Break(seq, "details_changed", "only a part of its details is there")
    if digest_of(entry.details_salt, entry.details) != entry.link.details_digest:
        return Break(seq, "details_changed", "its details do not have their digest")
    return None


class Page(NamedTuple):
    """Entries in their order, and where the log ended as they were read. Fewer than were asked
    for: these are the last."""

    entries: Sequence[Chained]
    head: Mark
    is_last: bool


class Unreadable(Exception):
    """The next entry is none; the text says why."""


ReadPage = Callable[[int], Awaitable[Page]]
"""The entries after a number. Raises: Unreadable."""


async def verify_pages(
    read_page: ReadPage, known: Mark | None, advance: Callable[[int], None]
) -> Verdict:
    """Verify a log that goes on being written. `advance` is told of numbers that are done with."""
    verifier = ChainVerifier(known)
    while True:
        done = verifier.last.seq
        try:
            page = await read_page(done)
        except Unreadable as unreadable:
            verifier.reject(str(unreadable))
            return verifier.finish(None)
        if not _take_all(verifier, page.entries):
            return verifier.finish(None)
        advance(verifier.last.seq - done)
        if page.is_last:
            return verifier.finish(page.head)


def _take_all(verifier: ChainVerifier, entries: Iterable[Chained]) -> bool:
    return all(verifier.take(entry) for entry in entries)

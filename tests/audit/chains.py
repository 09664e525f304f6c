"""Chains as the log makes them, and as somebody would make them who wants to hide something."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fynix_server.audit_chain.link import GENESIS, Link, digest_of, encode_details
from fynix_server.audit_chain.verifying import Chained, ChainVerifier, Mark, Verdict

BEGAN = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
SALT = "a salt"


def entry(seq: int, previous_hash: str, **fields: Any) -> Chained:
    """An entry as it would be written after that hash."""
    details = fields.pop("details", encode_details({"reason": f"reason {seq}"}))
    values: dict[str, Any] = {
        "seq": seq,
        "at": BEGAN + timedelta(seconds=seq),
        "actor_kind": "user",
        "actor_id": "mod",
        "action": "user.ban",
        "outcome": "done",
        "target_kind": "user",
        "target_id": f"user {seq}",
        "request_id": None,
        "details_digest": digest_of(SALT, details),
        "previous_hash": previous_hash,
    }
    link = Link(**{**values, **fields})
    return Chained(link, link.hash(), details, SALT)


def chain(length: int, **fields: Any) -> list[Chained]:
    """So many entries, each after the one before."""
    entries: list[Chained] = []
    for seq in range(1, length + 1):
        entries.append(entry(seq, entries[-1].hash if entries else GENESIS, **fields))
    return entries


def rewritten(entries: Sequence[Chained], number: int, **fields: Any) -> list[Chained]:
    """With other fields in one entry, and all hashes from there on worked out anew."""
    anew = list(entries[: number - 1])
    for it in entries[number - 1 :]:
        changed = fields if it.link.seq == number else {}
        previous = anew[-1].hash if anew else GENESIS
        link = replace(it.link, previous_hash=previous, **changed)
        anew.append(replace(it, link=link, hash=link.hash()))
    return anew


def mark(entries: Sequence[Chained]) -> Mark:
    """Where it ends."""
    return Mark(entries[-1].link.seq, entries[-1].hash)


def verified(
    entries: Sequence[Chained], *, head: Mark | None = None, known: Mark | None = None
) -> Verdict:
    verifier = ChainVerifier(known)
    for it in entries:
        if not verifier.take(it):
            break
    return verifier.finish(head)


def broken(
    entries: Sequence[Chained], *, head: Mark | None = None, known: Mark | None = None
) -> tuple[int, str] | None:
    """The first entry that is not as it must be, and what is wrong with it."""
    found = verified(entries, head=head, known=known).broken
    return None if found is None else (found.seq, found.problem)

"""How entries are chained: each hash covers the entry and the hash before it. No database."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = "0" * 64
"""What stands before the first entry."""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as its hash covers it."""

    seq: int
    at: datetime
    actor_kind: str
    actor_id: str
    action: str
    outcome: str
    target_kind: str | None
    target_id: str | None
    request_id: UUID | None
    details_digest: str
    previous_hash: str

    def hash(self) -> str:
        """SHA-256 over the fields in their order, as canonical JSON; in hex."""
        fields = [
            self.seq,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.actor_kind,
            self.actor_id,
            self.action,
            self.outcome,
            self.target_kind,
            self.target_id,
            None if self.request_id is None else str(self.request_id),
            self.details_digest,
            self.previous_hash,
        ]
        return _sha256(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


def encode_details(details: dict[str, Any]) -> str:
    """Details as they are stored, and as their digest covers them."""
    return json.dumps(details, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def new_salt() -> str:
    """Goes with the details: once both are erased, the digest can be matched with no guess."""
    return secrets.token_hex(16)


def digest_of(salt: str, details: str) -> str:
    return _sha256(f"{salt}:{details}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

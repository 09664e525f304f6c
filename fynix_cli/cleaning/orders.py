"""What each `fynix cleanup` command asks for: ages as they were given, made into moments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fynix_cli.cleaning.cutoffs import cutoff_of, require_age
from fynix_server.maintenance.cleanup.sweep import Cutoffs, Subject

LEAST_AGE: Mapping[Subject, timedelta] = {
    "sessions": timedelta(days=1),
    "events": timedelta(days=7),
    "audit": timedelta(days=365),
}
"""Younger ones are needed: by whoever resumes, or by whoever asks what was done."""


@dataclass(frozen=True)
class Order:
    """`options`: as they were given, by which an interrupted run is known again."""

    subject: Subject
    options: Mapping[str, str]
    cutoffs: Cutoffs


def order_messages(older_than: str | None, deleted_after: str, now: datetime) -> Order:
    """Raises: CommandError (no such ages)."""
    before = None if older_than is None else cutoff_of(older_than, now)
    cutoffs = Cutoffs(now, before, cutoff_of(deleted_after, now))
    options = {"older_than": older_than or "", "deleted_after": deleted_after}
    return Order("messages", options, cutoffs)


def order_by_age(
    subject: Subject, older_than: str, now: datetime, *, is_forced: bool = False
) -> Order:
    """Raises: CommandError (no such age, or one at which they are needed still)."""
    before = cutoff_of(older_than, now)
    if subject in LEAST_AGE and not is_forced:
        name = "entries" if subject == "audit" else subject
        require_age(name, before, now, LEAST_AGE[subject])
    return Order(subject, {"older_than": older_than}, Cutoffs(now, before))

"""The work behind `fynix user purge`: many requests, each of which removes a part."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from fynix_cli.client.admin import AdminClient
from fynix_cli.client.moderated_content import ModeratedContentClient
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.moderating.people import Caller, find_user
from fynix_cli.output import OutputFormat, print_object, print_rows, progress, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.fields import rfc3339
from fynix_server.protocol.moderated_content import PurgeResponse
from fynix_server.protocol.moderation import ModeratedUserResponse

COLUMNS = ("conversation_id", "count")


@dataclass(frozen=True)
class Purge:
    """Whose messages of the last so many seconds go. `is_confirmed`: do not ask."""

    name: str
    since_seconds: int
    reason: str
    is_dry_run: bool
    is_confirmed: bool


@dataclass
class _Removed:
    """What all requests together have removed, or would remove."""

    since: datetime | None = None
    counts: Counter[UUID] = field(default_factory=Counter)
    audit_seqs: list[int] = field(default_factory=list)

    def add(self, part: PurgeResponse) -> None:
        self.since = part.since
        for it in part.conversations:
            self.counts[it.conversation_id] += it.count
        self.audit_seqs += part.audit_seqs

    def in_words(self) -> str:
        messages, conversations = self.counts.total(), len(self.counts)
        return (
            f"{messages} message{'s' if messages != 1 else ''} in {conversations} "
            f"conversation{'s' if conversations != 1 else ''}"
        )


def purge_user(caller: Caller, purge: Purge, output: OutputFormat) -> None:
    """Remove them, after telling how many there are and asking."""
    person, removed = asyncio.run(_purge(caller, purge))
    talk(f"{'Would remove' if purge.is_dry_run else 'Removed'} {removed.in_words()}.")
    rows: list[Mapping[str, Any]] = [
        {"conversation_id": str(id_), "count": count}
        for id_, count in sorted(removed.counts.items())
    ]
    if output is OutputFormat.table:
        if rows:
            print_rows(rows, COLUMNS, output, "")
        return
    told = {
        "dry_run": purge.is_dry_run,
        "user_id": str(person.id),
        "username": person.username,
        "since": _text(removed.since),
        "count": removed.counts.total(),
        "conversations": rows,
        "audit_seqs": removed.audit_seqs,
    }
    print_object(told, output)


async def _purge(caller: Caller, purge: Purge) -> tuple[ModeratedUserResponse, _Removed]:
    async with rest_client(caller.profile, caller.server) as rest:
        person = await find_user(AdminClient(rest.http), purge.name)
        client = ModeratedContentClient(rest.http)
        cut_off: Mapping[str, Any] = {"since_seconds": purge.since_seconds}
        expected = 0
        if purge.is_dry_run or not purge.is_confirmed or sys.stderr.isatty():
            tried = await _all_parts(client, person.id, _body(purge, cut_off, is_dry_run=True))
            if purge.is_dry_run:
                return person, tried
            what = f"remove {tried.in_words()} of {person.username}"
            confirm_by_name(what, person.username, is_confirmed=purge.is_confirmed)
            expected = tried.counts.total()
            # The same moment as was told of, however long the answer took.
            cut_off = {"since": _text(tried.since)}
        with progress("Removing", expected, is_wanted=expected > 0) as advance:
            body = _body(purge, cut_off, is_dry_run=False)
            return person, await _all_parts(client, person.id, body, advance)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _body(purge: Purge, cut_off: Mapping[str, Any], *, is_dry_run: bool) -> Mapping[str, Any]:
    return {"reason": purge.reason, "dry_run": is_dry_run, **cut_off}


async def _all_parts(
    client: ModeratedContentClient,
    user_id: UUID,
    body: Mapping[str, Any],
    advance: Callable[[int], None] = lambda count: None,
) -> _Removed:
    removed = _Removed()
    while True:
        part = await client.purge(user_id, body)
        removed.add(part)
        advance(part.count)
        if part.next is None:
            return removed
        follow = part.model_dump(mode="json", include={"since", "next"})
        body = {
            "reason": body["reason"],
            "dry_run": body["dry_run"],
            "since": follow["since"],
            "after": follow["next"],
        }

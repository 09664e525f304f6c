"""The work behind `fynix audit list` and `show`."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fynix_cli.chat.targets import as_id
from fynix_cli.client.admin import AdminClient
from fynix_cli.client.audit import AuditClient
from fynix_cli.errors import CommandError
from fynix_cli.moderating.people import Caller, find_user
from fynix_cli.output import OutputFormat, local_time, print_object, print_rows
from fynix_cli.session import rest_client
from fynix_server.protocol.audit import MAX_ENTRIES, AuditEntryResponse

COLUMNS = ("seq", "at", "actor", "action", "target", "outcome")
SERVER_NAME = "fynix"
"""As which the server acts by itself."""
_SHORT_ID = 8


@dataclass(frozen=True)
class Wanted:
    """Which entries. `actor`, `target`: a name or an id; the rest as the API calls them."""

    actor: str | None
    target: str | None
    query: Mapping[str, Any]
    limit: int


def list_entries(caller: Caller, wanted: Wanted, output: OutputFormat) -> None:
    """Print entries, newest first."""
    entries = asyncio.run(_newest(caller, wanted))
    rows = [_shown(it) if output is OutputFormat.table else _told(it) for it in entries]
    print_rows(rows, COLUMNS, output, "No such entries.")


def show_entry(caller: Caller, seq: int, output: OutputFormat) -> None:
    """Print all of one entry."""

    async def load() -> AuditEntryResponse:
        async with rest_client(caller.profile, caller.server) as rest:
            return await AuditClient(rest.http).entry(seq)

    print_object(_told(asyncio.run(load())), output)


async def _newest(caller: Caller, wanted: Wanted) -> list[AuditEntryResponse]:
    found: list[AuditEntryResponse] = []
    async with rest_client(caller.profile, caller.server) as rest:
        admin, client = AdminClient(rest.http), AuditClient(rest.http)
        query = {
            **wanted.query,
            "actor": await _id_of(admin, wanted.actor),
            "target": await _id_of(admin, wanted.target),
        }
        before_seq = None
        while len(found) < wanted.limit:
            size = min(MAX_ENTRIES, wanted.limit - len(found))
            page = await client.entries(**query, before_seq=before_seq, limit=size)
            found += page.entries
            if not page.has_more:
                break
            before_seq = found[-1].seq
    return found


async def _id_of(admin: AdminClient, name: str | None) -> str | None:
    """As the log has it: whoever acts at the host, and every id, by themselves; people by id."""
    if name is None or "@" in name or as_id(name) is not None:
        return name
    try:
        return str((await find_user(admin, name)).id)
    except CommandError:
        if name == SERVER_NAME:
            return name
        raise


def _told(entry: AuditEntryResponse) -> Mapping[str, Any]:
    """All that is worth reading; what hashes are made of is in the export."""
    told = entry.model_dump(mode="json")
    for name in ("details", "details_salt", "details_digest", "previous_hash"):
        del told[name]
    return {**told, **_details_of(entry)}


def _details_of(entry: AuditEntryResponse) -> Mapping[str, Any]:
    nothing = {"before": None, "after": None, "reason": None, "is_erased": entry.details is None}
    try:
        details = json.loads(entry.details or "{}")
    except ValueError:  # somebody tampered with it: `verify` says so
        return nothing
    known = details if isinstance(details, dict) else {}
    return {**nothing, **{it: known[it] for it in ("before", "after", "reason") if it in known}}


def _shown(entry: AuditEntryResponse) -> Mapping[str, Any]:
    return {
        "seq": entry.seq,
        "at": local_time(entry.at),
        "actor": entry.actor_name or _short(entry.actor_id),
        "action": entry.action,
        "target": _target(entry),
        "outcome": entry.outcome,
    }


def _target(entry: AuditEntryResponse) -> str:
    if entry.target_kind is None:
        return ""
    if entry.target_name is not None:
        return entry.target_name
    return f"{entry.target_kind} {_short(entry.target_id or '')}"


def _short(text: str) -> str:
    """The end of an id, which tells apart what was made at the same time; other texts whole."""
    return f"…{text[-_SHORT_ID:]}" if as_id(text) is not None else text

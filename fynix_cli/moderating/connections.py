"""The work behind `fynix connections`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fynix_cli.client.access import AccessClient
from fynix_cli.client.admin import AdminClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.people import Caller, find_user
from fynix_cli.output import OutputFormat, print_object, print_rows, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.connections import (
    ConnectionResponse,
    ConnectionsKickedResponse,
    InstanceResponse,
)

COLUMNS = ("id", "username", "age", "client", "queued", "instance")
COLUMNS_OF_ONE = ("id", "age", "client", "queued", "instance", "session")
LONGEST_PAGE = 500
SHOWN_OF_ID = 8
"""The end of an id, where the whole has no place: its beginning is the time, so alike."""


@dataclass
class Found:
    """`is_complete`: every instance has answered, each time."""

    connections: list[ConnectionResponse] = field(default_factory=list)
    instances: Sequence[InstanceResponse] = ()
    is_complete: bool = True


def list_connections(caller: Caller, name: str | None, limit: int, output: OutputFormat) -> None:
    """At most `limit` connections, of somebody or of everybody, the longest open first.

    Raises: CommandError (an instance has not answered), after all that is known was printed.
    """
    found = asyncio.run(_load(caller, name, limit))
    rows: list[Mapping[str, Any]] = [it.model_dump(mode="json") for it in found.connections]
    if output is OutputFormat.table:
        now = datetime.now(UTC)
        rows = [_row(it, now) for it in found.connections]
    columns = COLUMNS if name is None else COLUMNS_OF_ONE
    print_rows(rows, columns, output, "No open connections.")
    answered = sum(it.has_answered for it in found.instances)
    talk(f"{answered} of {len(found.instances)} instances answered.")
    _require_complete(found.is_complete, found.instances)


async def _load(caller: Caller, name: str | None, limit: int) -> Found:
    found = Found()
    after: UUID | None = None
    async with rest_client(caller.profile, caller.server) as rest:
        user_id = None if name is None else (await find_user(AdminClient(rest.http), name)).id
        access = AccessClient(rest.http)
        while len(found.connections) < limit:
            size = min(LONGEST_PAGE, limit - len(found.connections))
            page = await access.connections(user_id, after, size)
            found.connections += page.connections
            found.instances = page.instances
            found.is_complete = found.is_complete and page.is_complete
            after = page.next_after
            if after is None:
                break
    return found


@dataclass(frozen=True)
class Kick:
    """`connection_id` None: all of them."""

    connection_id: UUID | None
    reason: str
    is_dry_run: bool


def kick(caller: Caller, name: str, wanted: Kick, output: OutputFormat) -> None:
    """Close them, and tell how many. Raises: CommandError (an instance has not answered)."""
    username, done = asyncio.run(_kick(caller, name, wanted))
    verb = "Would close" if wanted.is_dry_run else "Closed"
    talk(f"{verb} {done.kicked} connection{'' if done.kicked == 1 else 's'} of {username}.")
    if output is not OutputFormat.table:
        print_object(done.model_dump(mode="json"), output)
    _require_complete(done.is_complete, done.instances)


async def _kick(caller: Caller, name: str, wanted: Kick) -> tuple[str, ConnectionsKickedResponse]:
    async with rest_client(caller.profile, caller.server) as rest:
        person = await find_user(AdminClient(rest.http), name)
        chosen = wanted.connection_id
        body = {
            "connection_id": None if chosen is None else str(chosen),
            "reason": wanted.reason,
            "dry_run": wanted.is_dry_run,
        }
        return person.username, await AccessClient(rest.http).kick(person.id, body)


def _require_complete(is_complete: bool, instances: Sequence[InstanceResponse]) -> None:
    if is_complete:
        return
    silent = [
        f"{it.instance} (last heard of at {it.heard_at.astimezone():%H:%M:%S})"
        for it in instances
        if not it.has_answered
    ]
    missing = ", ".join(silent) or "Redis is away, so other instances cannot be asked"
    raise CommandError(
        f"this is not complete: {missing}",
        hint="fynix status shows how a server is doing",
        exit_code=ExitCode.UNREACHABLE,
    )


def _row(connection: ConnectionResponse, now: datetime) -> Mapping[str, Any]:
    return {
        "id": str(connection.id),
        "username": connection.username,
        "age": age_in_words((now - connection.opened_at).total_seconds()),
        "client": connection.protocol,
        "queued": connection.queued_frames,
        "instance": connection.instance.split("@")[0],
        "session": str(connection.session_id)[-SHOWN_OF_ID:],
    }


def age_in_words(seconds: float) -> str:
    """In the largest unit of which there is one: 90061 is `1d`."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{max(0, int(seconds))}s"

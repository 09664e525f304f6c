"""The work behind `fynix session`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fynix_cli.chat.targets import as_id
from fynix_cli.client.access import AccessClient
from fynix_cli.client.admin import AdminClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.moderating.people import Caller, find_user
from fynix_cli.output import OutputFormat, local_time, print_object, print_rows, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.sessions import SessionsRevokedResponse, UserSessionResponse

COLUMNS = ("id", "last_used", "user_agent")
LONGEST_PAGE = 100


@dataclass(frozen=True)
class Revocation:
    """`session_id` None: all of them."""

    session_id: UUID | None
    reason: str
    is_dry_run: bool
    is_confirmed: bool


def chosen_session(text: str | None, *, is_all: bool) -> UUID | None:
    """The session to end; None: all. Raises: CommandError (neither, both, or no id)."""
    if (text is None) is not is_all:
        raise CommandError(
            "say which login: its id, or --all",
            hint="fynix session list USER shows the ids",
            exit_code=ExitCode.USAGE,
        )
    if text is None:
        return None
    session_id = as_id(text)
    if session_id is None:
        raise CommandError(
            f"{text!r} is no id of a session",
            hint="fynix session list USER shows the ids",
            exit_code=ExitCode.USAGE,
        )
    return session_id


def list_sessions(
    caller: Caller, name: str, after: UUID | None, limit: int, output: OutputFormat
) -> None:
    """At most `limit` logins of somebody, the latest begun first."""
    found = asyncio.run(_load(caller, name, after, limit))
    rows: list[Mapping[str, Any]] = [it.model_dump(mode="json") for it in found]
    if output is OutputFormat.table:
        rows = [
            {**row, "last_used": local_time(it.last_used_at)}
            for row, it in zip(rows, found, strict=True)
        ]
    print_rows(rows, COLUMNS, output, "Logged in nowhere.")


async def _load(
    caller: Caller, name: str, after: UUID | None, limit: int
) -> list[UserSessionResponse]:
    found: list[UserSessionResponse] = []
    async with rest_client(caller.profile, caller.server) as rest:
        person = await find_user(AdminClient(rest.http), name)
        access = AccessClient(rest.http)
        while len(found) < limit:
            page = await access.sessions(person.id, after, min(LONGEST_PAGE, limit - len(found)))
            found += page.sessions
            after = page.next_after
            if after is None:
                break
    return found


def revoke_sessions(
    caller: Caller, name: str, revocation: Revocation, output: OutputFormat
) -> None:
    """End them, after asking, and tell how many."""
    username, done = asyncio.run(_revoke(caller, name, revocation))
    verb = "Would end" if revocation.is_dry_run else "Ended"
    talk(f"{verb} {done.revoked} login{'' if done.revoked == 1 else 's'} of {username}.")
    if output is not OutputFormat.table:
        print_object(done.model_dump(mode="json"), output)


async def _revoke(
    caller: Caller, name: str, revocation: Revocation
) -> tuple[str, SessionsRevokedResponse]:
    async with rest_client(caller.profile, caller.server) as rest:
        person = await find_user(AdminClient(rest.http), name)
        if not revocation.is_dry_run:
            which = "every login" if revocation.session_id is None else "a login"
            what = f"end {which} of {person.username}"
            confirm_by_name(what, person.username, is_confirmed=revocation.is_confirmed)
        session_id = revocation.session_id
        body = {
            "session_id": None if session_id is None else str(session_id),
            "reason": revocation.reason,
            "dry_run": revocation.is_dry_run,
        }
        return person.username, await AccessClient(rest.http).revoke_sessions(person.id, body)

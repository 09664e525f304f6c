"""The work behind `fynix moderation case`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fynix_cli.chat.targets import as_id
from fynix_cli.client.admin import AdminClient
from fynix_cli.client.cases import CaseClient
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.people import LONGEST_PAGE, Caller, find_user
from fynix_cli.output import (
    OutputFormat,
    emit,
    local_time,
    print_object,
    print_rows,
    talk,
    visible,
)
from fynix_cli.session import rest_client
from fynix_server.protocol.cases import (
    CaseActResponse,
    CaseReadResponse,
    CaseResponse,
    EvidenceMessage,
)


@dataclass(frozen=True)
class CasesWanted:
    """Which cases to list; people by name or id, None: whoever it is."""

    status: str | None
    assigned_to: str | None
    about: str | None
    by: str | None
    limit: int
    after: str | None


@dataclass(frozen=True)
class CaseAct:
    """`verb` as the API calls it. `outcome`: what the reporter is told. `assignee` None: whoever
    acts."""

    verb: str
    reason: str
    is_dry_run: bool
    outcome: str | None = None
    assignee: str | None = None


# ── listing ──────────────────────────────────────────────────────────────────────────────────


def list_cases(caller: Caller, wanted: CasesWanted, output: OutputFormat) -> None:
    """At most `limit` cases, page after page, the oldest first."""
    found = asyncio.run(_list(caller, wanted))
    rows: list[Mapping[str, Any]] = [it.model_dump(mode="json") for it in found]
    if output is OutputFormat.table:
        rows = [_row(it) for it in found]
    second = "status" if wanted.status == "all" else "made"
    print_rows(rows, ("id", second, "reason", "about", "by"), output, "No such cases.")


async def _list(caller: Caller, wanted: CasesWanted) -> list[CaseResponse]:
    found: list[CaseResponse] = []
    async with rest_client(caller.profile, caller.server) as rest:
        query = await _query(rest, wanted)
        after = None if wanted.after is None else _case_id(wanted.after)
        while len(found) < wanted.limit:
            size = min(LONGEST_PAGE, wanted.limit - len(found))
            page = await CaseClient(rest.http).cases(**query, limit=size, after=after)
            found += page.cases
            after = page.next_after
            if after is None:
                break
    return found


async def _query(rest: RestClient, wanted: CasesWanted) -> dict[str, Any]:
    assigned_to = wanted.assigned_to
    if assigned_to != "me":
        assigned_to = await _user_id(rest, assigned_to)
    return {
        "status": wanted.status,
        "assigned_to": assigned_to,
        "user_id": await _user_id(rest, wanted.about),
        "reporter_id": await _user_id(rest, wanted.by),
    }


async def _user_id(rest: RestClient, name: str | None) -> str | None:
    if name is None:
        return None
    return str((await find_user(AdminClient(rest.http), name)).id)


def _row(case: CaseResponse) -> Mapping[str, Any]:
    return {
        "id": case.id,
        "made": f"{case.created_at.astimezone():%Y-%m-%d}",
        "status": case.status,
        "reason": case.reason,
        "about": case.user.username,
        "by": case.reporter.username,
    }


# ── showing ──────────────────────────────────────────────────────────────────────────────────


def show_case(
    caller: Caller, case_id: str, reason: str | None, output: OutputFormat, *, is_dry_run: bool
) -> None:
    """A case, and with a `reason` what people wrote."""
    wanted = _case_id(case_id)
    if reason is None:
        asyncio.run(_look(caller, wanted, output))
    else:
        read = asyncio.run(_read(caller, wanted, {"reason": reason, "dry_run": is_dry_run}))
        _print_read(read, output)


async def _look(caller: Caller, case_id: UUID, output: OutputFormat) -> None:
    async with rest_client(caller.profile, caller.server) as rest:
        case = await CaseClient(rest.http).case(case_id)
    if output is not OutputFormat.table:
        print_object(case.model_dump(mode="json"), output)
        return
    more = {
        "has_comment": case.has_comment,
        "evidence_messages": case.evidence_messages,
        "pending_about_user": case.pending_about_user,
    }
    print_object({**_described(case), **more}, output)
    talk("To read what people wrote, add --reason; it is recorded.")


async def _read(caller: Caller, case_id: UUID, body: Mapping[str, Any]) -> CaseReadResponse:
    async with rest_client(caller.profile, caller.server) as rest:
        return await CaseClient(rest.http).read(case_id, body)


def _print_read(read: CaseReadResponse, output: OutputFormat) -> None:
    if output is not OutputFormat.table:
        print_object(read.model_dump(mode="json"), output)
        return
    print_object({**_described(read.case), "comment": read.comment}, output)
    for message in read.evidence:
        emit(_evidence_line(message))
    if read.dry_run:
        talk("Would show what people wrote, and record it.")


def _evidence_line(message: EvidenceMessage) -> str:
    mark = ">" if message.is_reported else " "
    who = message.sender.username if message.sender else "(gone)"
    notes = [
        note
        for note, is_so in (
            ("edited", message.edited_at is not None),
            ("deleted", message.is_deleted),
        )
        if is_so
    ]
    said_how = f" ({', '.join(notes)})" if notes else ""
    when = local_time(message.created_at)
    return visible(f"{mark} {message.seq}  {when}  {who}{said_how}: {message.content}")


def _described(case: CaseResponse) -> Mapping[str, Any]:
    """As lines: people by name, times of this machine."""
    return {
        "id": case.id,
        "status": case.status,
        "reason": case.reason,
        "about": case.user.username,
        "by": case.reporter.username,
        "assigned_to": case.assigned_to.username if case.assigned_to else None,
        "message_id": case.message_id,
        "conversation_id": case.conversation_id,
        "created_at": local_time(case.created_at),
        "closed_at": local_time(case.closed_at),
        "outcome": case.outcome,
    }


# ── acting ───────────────────────────────────────────────────────────────────────────────────


def act_on_case(caller: Caller, case_id: str, act: CaseAct, output: OutputFormat) -> None:
    """Do it, and tell what has become of the case."""
    done = asyncio.run(_act(caller, _case_id(case_id), act))
    case = done.case
    holder = f" to {case.assigned_to.username}" if act.verb == "assign" and case.assigned_to else ""
    is_or_would_be = "would be" if act.is_dry_run else "is"
    talk(f"The case about {case.user.username} {is_or_would_be} {case.status}{holder}.")
    if output is not OutputFormat.table:
        print_object(done.model_dump(mode="json"), output)


async def _act(caller: Caller, case_id: UUID, act: CaseAct) -> CaseActResponse:
    async with rest_client(caller.profile, caller.server) as rest:
        body: dict[str, Any] = {"reason": act.reason, "dry_run": act.is_dry_run}
        if act.outcome is not None:
            body["outcome"] = act.outcome
        if act.assignee is not None:
            body["assignee_id"] = await _user_id(rest, act.assignee)
        return await CaseClient(rest.http).act(case_id, act.verb, body)


def _case_id(text: str) -> UUID:
    case_id = as_id(text)
    if case_id is None:
        raise CommandError(
            f"{text!r} is not a case's id",
            hint="fynix moderation case list shows the ids",
            exit_code=ExitCode.USAGE,
        )
    return case_id

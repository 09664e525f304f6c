"""Reporting a message or a person, and looking at what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fynix_cli.chat.targets import as_id, conversation_to_look_at, message_id_of
from fynix_cli.client.reports import ReportClient
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import OutputFormat, emit, local_time, print_object, print_rows, talk
from fynix_server.protocol.fields import MAX_PAGE_SIZE
from fynix_server.protocol.notices import NoticeResponse
from fynix_server.protocol.reports import ReportResponse


@dataclass(frozen=True)
class Complaint:
    """What to report and why. `message_id` None: `target` is a person."""

    target: str
    message_id: str | None
    reason: str
    comment: str | None


async def make_report(rest: RestClient, complaint: Complaint, output: OutputFormat) -> None:
    """Raises: CommandError (no such person, conversation or message; reported already)."""
    async with rest:
        about = await _about(rest, complaint)
        body = {**about, "reason": complaint.reason, "comment": complaint.comment}
        made = await ReportClient(rest.http).report(body)
    if output is OutputFormat.table:
        talk("Reported. `fynix reports` shows what becomes of it.")
        emit(str(made.id))
    else:
        print_object(made.model_dump(mode="json"), output)


async def _about(rest: RestClient, complaint: Complaint) -> Mapping[str, Any]:
    target_id = as_id(complaint.target)
    if complaint.message_id is None:
        return {"user_id": str(target_id or await _user_id(rest, complaint.target))}
    message_id = message_id_of(complaint.message_id)
    # Not looked up: also whoever has left a conversation may report what they read there.
    conversation_id = target_id or (await conversation_to_look_at(rest, complaint.target)).id
    return {"message_id": str(message_id), "conversation_id": str(conversation_id)}


async def _user_id(rest: RestClient, name: str) -> UUID:
    user = await rest.user_named(name)
    if user is None:
        raise CommandError(f"there is nobody called {name}", exit_code=ExitCode.NOT_FOUND)
    return user.id


async def list_reports(rest: RestClient, limit: int, output: OutputFormat) -> None:
    """Print the newest `limit` of one's own reports."""
    found: list[ReportResponse] = []
    before: UUID | None = None
    async with rest:
        client = ReportClient(rest.http)
        while len(found) < limit:
            page = await client.reports(min(limit - len(found), MAX_PAGE_SIZE), before)
            found += page.reports
            before = page.next_before
            if before is None:
                break
    print_rows(
        [_report_row(it, output) for it in found],
        ("id", "made", "reason", "status", "outcome"),
        output,
        "You have reported nothing.",
    )


def _report_row(report: ReportResponse, output: OutputFormat) -> Mapping[str, Any]:
    row = report.model_dump(mode="json")
    if output is not OutputFormat.table:
        return row
    return {**row, "made": f"{report.created_at.astimezone():%Y-%m-%d}"}


@dataclass(frozen=True)
class NoticesWanted:
    """`is_marked`: mark what is shown, and all that is older, as read."""

    limit: int
    is_unread: bool
    is_marked: bool


async def list_notices(rest: RestClient, wanted: NoticesWanted, output: OutputFormat) -> None:
    """Print the newest notices."""
    found: list[NoticeResponse] = []
    before: UUID | None = None
    async with rest:
        client = ReportClient(rest.http)
        while len(found) < wanted.limit:
            size = min(wanted.limit - len(found), MAX_PAGE_SIZE)
            page = await client.notices(size, before, is_unread=wanted.is_unread)
            found += page.notices
            before = page.next_before
            if before is None:
                break
        if wanted.is_marked and found:
            await client.mark_notices_read(found[0].id)
    print_rows(
        [_notice_row(it, output) for it in found],
        ("when", "kind", "read", "detail"),
        output,
        "No notices.",
    )


def _notice_row(notice: NoticeResponse, output: OutputFormat) -> Mapping[str, Any]:
    row = notice.model_dump(mode="json")
    if output is not OutputFormat.table:
        return row
    return {**row, "when": local_time(notice.created_at), "read": notice.read_at is not None}

"""The work behind `fynix moderation conversation read`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fynix_cli.client.moderated_content import ModeratedContentClient
from fynix_cli.moderating.content import id_of
from fynix_cli.moderating.people import Caller
from fynix_cli.output import OutputFormat, local_time, print_rows, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.fields import MAX_PAGE_SIZE
from fynix_server.protocol.moderated_content import ReviewedMessage, ReviewResponse

COLUMNS = ("seq", "from", "at", "state", "content")


@dataclass(frozen=True)
class Reading:
    """Which messages to read, and why. `case`: the report that it is about."""

    reason: str
    case: str | None
    limit: int
    before_seq: int | None
    is_dry_run: bool


def read_conversation(
    caller: Caller, conversation: str, reading: Reading, output: OutputFormat
) -> None:
    """Print messages, newest first; every page of them is recorded before it is shown."""
    conversation_id = id_of(conversation, "conversation")
    pages = asyncio.run(_pages(caller, conversation_id, reading))
    count = sum(page.count for page in pages)
    if reading.is_dry_run:
        talk(f"Would show {count} message" + ("s." if count != 1 else "."))
    else:
        seqs = ", ".join(str(page.audit_seq) for page in pages)
        talk(f"Recorded in the audit log: {seqs}.")
    messages = [message for page in pages for message in page.messages]
    if output is OutputFormat.table:
        rows: list[Mapping[str, Any]] = [_row(it) for it in messages]
    else:
        rows = [it.model_dump(mode="json") for it in messages]
    if messages or output is not OutputFormat.table:
        print_rows(rows, COLUMNS, output, "")


async def _pages(caller: Caller, conversation_id: UUID, reading: Reading) -> list[ReviewResponse]:
    case_id = None if reading.case is None else str(id_of(reading.case, "case"))
    pages: list[ReviewResponse] = []
    before_seq, left = reading.before_seq, reading.limit
    async with rest_client(caller.profile, caller.server) as rest:
        client = ModeratedContentClient(rest.http)
        while left > 0:
            body = {
                "reason": reading.reason,
                "dry_run": reading.is_dry_run,
                "case_id": case_id,
                "before_seq": before_seq,
                "limit": min(left, MAX_PAGE_SIZE),
            }
            page = await client.review(conversation_id, body)
            pages.append(page)
            before_seq, left = page.first_seq, left - page.count
            if not page.has_more:
                break
    return pages


def _row(message: ReviewedMessage) -> Mapping[str, Any]:
    states = ["deleted"] if message.is_deleted else []
    states += [message.hidden_because] if message.hidden_because else []
    return {
        "seq": message.seq,
        "from": message.sender_username,
        "at": local_time(message.created_at),
        "state": ", ".join(states),
        "content": message.content,
    }

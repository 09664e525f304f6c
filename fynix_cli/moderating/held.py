"""The work behind `fynix moderation held`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fynix_cli.chat.targets import as_id
from fynix_cli.client.admin import AdminClient
from fynix_cli.client.failures import ApiError
from fynix_cli.client.held import HeldClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.moderating.people import Caller, find_user
from fynix_cli.output import OutputFormat, print_object, print_rows, progress, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.held import HeldMessageResponse

COLUMNS = ("message_id", "from", "why", "status")
REVIEW_COLUMNS = ("message_id", "from", "content")
LONGEST_PAGE = 100
TOO_MANY_REQUESTS = 429


@dataclass(frozen=True)
class Decision:
    """`verb`: release or reject. Which: `message_ids`, or all that wait `of` somebody."""

    verb: str
    reason: str
    message_ids: Sequence[str] = ()
    of: str | None = None
    is_dry_run: bool = False
    is_confirmed: bool = False


@dataclass(frozen=True)
class ReviewWanted:
    """Which texts to show. `sender`: a username or an id."""

    reason: str
    message_ids: Sequence[str] = ()
    sender: str | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)
    is_dry_run: bool = False


def list_held(caller: Caller, wanted: Mapping[str, Any], limit: int, output: OutputFormat) -> None:
    """At most `limit` held messages, oldest first, without what they say."""
    held = asyncio.run(_list(caller, wanted, limit))
    rows = _rows(held, output)
    print_rows(rows, COLUMNS, output, "Nothing is held like that.")


async def _list(caller: Caller, wanted: Mapping[str, Any], limit: int) -> list[HeldMessageResponse]:
    async with rest_client(caller.profile, caller.server) as rest:
        sender_id = await _sender_id(AdminClient(rest.http), wanted["sender"])
        filters = {**wanted, "sender": None, "sender_id": sender_id}
        return await _pages(HeldClient(rest.http), filters, limit)


async def _pages(
    client: HeldClient, filters: Mapping[str, Any], limit: int | None
) -> list[HeldMessageResponse]:
    """`limit` None: all there are."""
    found: list[HeldMessageResponse] = []
    after: UUID | None = None
    while limit is None or len(found) < limit:
        size = LONGEST_PAGE if limit is None else min(LONGEST_PAGE, limit - len(found))
        page = await client.held(**{**filters, "after": after, "limit": size})
        found += page.held
        after = page.next_after
        if after is None:
            break
    return found


def review_held(caller: Caller, wanted: ReviewWanted, output: OutputFormat) -> None:
    """A page of what waits, with what it says."""

    async def ask() -> Any:
        async with rest_client(caller.profile, caller.server) as rest:
            body = {**wanted.filters, "reason": wanted.reason, "dry_run": wanted.is_dry_run}
            if wanted.message_ids:
                body["message_ids"] = [str(_message_id(it)) for it in wanted.message_ids]
            sender_id = await _sender_id(AdminClient(rest.http), wanted.sender)
            body["sender_id"] = None if sender_id is None else str(sender_id)
            return await HeldClient(rest.http).review(body)

    told = asyncio.run(ask())
    if output is OutputFormat.json:
        print_object(told.model_dump(mode="json"), output)
        return
    rows = _rows(told.held, output)
    print_rows(rows, REVIEW_COLUMNS, output, "Nothing waits like that.")
    if told.next_after is not None:
        talk(f"There may be more: --after {told.next_after}")


def decide(caller: Caller, decision: Decision, output: OutputFormat) -> ExitCode:
    """Decide about each, and go on past those that are refused; the first refusal's exit code."""
    return asyncio.run(_decide(caller, decision, output))


async def _decide(caller: Caller, decision: Decision, output: OutputFormat) -> ExitCode:
    async with rest_client(caller.profile, caller.server) as rest:
        client = HeldClient(rest.http)
        message_ids = await _chosen(AdminClient(rest.http), client, decision)
        body = {"reason": decision.reason, "dry_run": decision.is_dry_run}
        rows: list[Mapping[str, Any]] = []
        code = ExitCode.OK
        with progress(decision.verb, len(message_ids), is_wanted=len(message_ids) > 1) as advance:
            for message_id in message_ids:
                try:
                    done = await _decide_patiently(client, message_id, decision.verb, body)
                    rows.append(done.model_dump(mode="json"))
                except ApiError as error:
                    talk(f"fynix: {message_id}: {error}")
                    code = code or error.exit_code
                advance(1)
    _tell(decision, rows, len(message_ids), output)
    return code


async def _chosen(admin: AdminClient, client: HeldClient, decision: Decision) -> list[UUID]:
    """Which to decide about, once it is certain that all of them are meant."""
    if decision.of is None:
        message_ids = [_message_id(it) for it in dict.fromkeys(decision.message_ids)]
        _confirm(decision, len(message_ids), str(len(message_ids)))
        return message_ids
    person = await find_user(admin, decision.of)
    filters = {"status": "waiting", "sender_id": person.id}
    message_ids = [it.message_id for it in await _pages(client, filters, None)]
    if not message_ids:
        raise CommandError(f"nothing of {person.username} waits", exit_code=ExitCode.NOT_FOUND)
    _confirm(decision, len(message_ids), person.username)
    return message_ids


def _confirm(decision: Decision, count: int, name: str) -> None:
    # What is released cannot be taken back either, but one by one it has been looked at.
    is_asked = decision.verb == "reject" or decision.of is not None
    if is_asked and not decision.is_dry_run:
        of = "" if decision.of is None else f" of {name}"
        what = f"{decision.verb} {_messages(count)}{of}"
        confirm_by_name(what, name, is_confirmed=decision.is_confirmed)


async def _decide_patiently(
    client: HeldClient, message_id: UUID, verb: str, body: Mapping[str, Any]
) -> Any:
    while True:
        try:
            return await client.decide(message_id, verb, body)
        except ApiError as error:
            if error.status != TOO_MANY_REQUESTS:
                raise
            await asyncio.sleep(error.retry_after or 1.0)


def _tell(
    decision: Decision, rows: list[Mapping[str, Any]], asked: int, output: OutputFormat
) -> None:
    would = f"Would {decision.verb}" if decision.is_dry_run else f"Done: {decision.verb}"
    rest = f" of {asked}" if len(rows) < asked else ""
    talk(f"{would} {_messages(len(rows))}{rest}.")
    if output is not OutputFormat.table:
        print_rows(rows, (), output, "")


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


async def _sender_id(admin: AdminClient, sender: str | None) -> UUID | None:
    return None if sender is None else (await find_user(admin, sender)).id


def _message_id(text: str) -> UUID:
    message_id = as_id(text)
    if message_id is None:
        raise CommandError(
            f"{text!r} is no message id",
            hint="list them with: fynix moderation held list",
            exit_code=ExitCode.USAGE,
        )
    return message_id


def _rows(held: Sequence[HeldMessageResponse], output: OutputFormat) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = [it.model_dump(mode="json") for it in held]
    if output is not OutputFormat.table:
        return rows
    return [
        {**row, "from": row["sender_username"], "why": ", ".join(row["rules"]) or row["cause"]}
        for row in rows
    ]

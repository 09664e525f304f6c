"""The work behind `fynix retention`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fynix_cli.chat.targets import as_id
from fynix_cli.client.admin import AdminClient
from fynix_cli.client.retention import RetentionClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.moderating.durations import seconds_of
from fynix_cli.moderating.people import Caller, find_user
from fynix_cli.output import OutputFormat, local_time, print_object, print_rows, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.retention import MAX_RETENTION_DAYS, RetentionActResponse

POLICY_COLUMNS = ("scope", "name", "days", "created_at")
HOLD_COLUMNS = ("subject_id", "name", "created_at")
LONGEST_PAGE = 100
SERVER = "server"
_DAY_SECONDS = 86_400
_OF = {"user": "was written by user", "conversation": "was said in conversation"}


@dataclass(frozen=True)
class Asked:
    """Why, and whether only to look, or not to ask."""

    reason: str
    is_dry_run: bool
    is_confirmed: bool = True


def days_of(text: str) -> int:
    """`30d`, `12w`: whole days. Raises: CommandError (no whole days, too many)."""
    days, rest = divmod(seconds_of(text), _DAY_SECONDS)
    if rest or not 1 <= days <= MAX_RETENTION_DAYS:
        raise CommandError(
            f"{text!r} is not 1 to {MAX_RETENTION_DAYS} whole days",
            hint="write it like 30d or 12w",
            exit_code=ExitCode.USAGE,
        )
    return days


def conversation_id_of(text: str | None) -> UUID | None:
    """Raises: CommandError (it is no id)."""
    if text is None:
        return None
    found = as_id(text)
    if found is None:
        hint = "ids are shown by: fynix conversations -o json"
        raise CommandError(
            f"{text!r} is not the id of a conversation", hint=hint, exit_code=ExitCode.USAGE
        )
    return found


# ── policies ─────────────────────────────────────────────────────────────────────────────────


def show_policies(caller: Caller, limit: int, output: OutputFormat) -> None:
    """The server's policy first, then at most `limit` of conversations."""
    rows = asyncio.run(_policies(caller, limit))
    print_rows(rows, POLICY_COLUMNS, output, "Messages are kept for good.")


async def _policies(caller: Caller, limit: int) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    after: UUID | None = None
    async with rest_client(caller.profile, caller.server) as rest:
        client = RetentionClient(rest.http)
        while len(rows) < limit or not rows:
            size = min(LONGEST_PAGE, limit - len(rows))
            page = await client.policies(after=after, limit=max(1, size))
            if after is None and page.server is not None:
                rows.append(_policy_row(page.server.model_dump(mode="json")))
                limit += 1
            rows += [_policy_row(it.model_dump(mode="json")) for it in page.conversations]
            after = page.next_after
            if after is None:
                break
    return rows


def _policy_row(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"scope": policy["conversation_id"] or SERVER, **policy}


def set_policy(
    caller: Caller, days: int, conversation_id: UUID | None, asked: Asked, output: OutputFormat
) -> None:
    """Tell what it would hide, ask, and set it."""
    body = {"days": days, **_scope(conversation_id)}
    _tell_policy(asyncio.run(_change_policy(caller, "set", body, asked)), output)


def clear_policy(
    caller: Caller, conversation_id: UUID | None, asked: Asked, output: OutputFormat
) -> None:
    _tell_policy(
        asyncio.run(_change_policy(caller, "clear", _scope(conversation_id), asked)), output
    )


def _scope(conversation_id: UUID | None) -> dict[str, Any]:
    return {"conversation_id": None if conversation_id is None else str(conversation_id)}


async def _change_policy(
    caller: Caller, verb: str, body: Mapping[str, Any], asked: Asked
) -> RetentionActResponse:
    async with rest_client(caller.profile, caller.server) as rest:
        client = RetentionClient(rest.http)
        would = await client.change(verb, {**body, "reason": asked.reason, "dry_run": True})
        if asked.is_dry_run:
            return would
        if would.hidden_messages:
            name = str(would.conversation_id or SERVER)
            what = f"hide {would.hidden_messages} messages from everybody at once"
            confirm_by_name(what, name, is_confirmed=asked.is_confirmed)
        return await client.change(verb, {**body, "reason": asked.reason, "dry_run": False})


def _tell_policy(done: RetentionActResponse, output: OutputFormat) -> None:
    where = f"conversation {done.conversation_id}" if done.conversation_id else "the server"
    if done.days is None or done.cutoff is None:
        has = "would have" if done.dry_run else "has"
        talk(f"{where[0].upper()}{where[1:]} {has} no policy of its own any more.")
    else:
        are = "would be" if done.dry_run else "are"
        since = local_time(done.cutoff)
        talk(f"Messages of {where} {are} shown for {done.days} days: now those since {since}.")
    if done.hidden_messages:
        hidden = "would be hidden" if done.dry_run else "are hidden now"
        talk(
            f"Messages that {hidden}: {done.hidden_messages}. fynix cleanup messages removes such."
        )
    if output is not OutputFormat.table:
        print_object(done.model_dump(mode="json"), output)


# ── legal holds ──────────────────────────────────────────────────────────────────────────────


def change_hold(
    caller: Caller, verb: str, subject: Mapping[str, str], asked: Asked, output: OutputFormat
) -> None:
    """`subject`: a `user` by name or id, or a `conversation` by id."""

    async def change() -> tuple[str, Mapping[str, Any]]:
        async with rest_client(caller.profile, caller.server) as rest:
            (kind, name) = next(iter(subject.items()))
            subject_id, name = await _subject(AdminClient(rest.http), kind, name)
            if verb == "remove" and not asked.is_dry_run:
                what = f"let what was held of {kind} {name} be cleaned up"
                confirm_by_name(what, name, is_confirmed=asked.is_confirmed)
            body = {"kind": kind, "subject_id": str(subject_id)}
            more = {"reason": asked.reason, "dry_run": asked.is_dry_run}
            done = await RetentionClient(rest.http).change_hold(verb, {**body, **more})
            return name, done.model_dump(mode="json")

    name, done = asyncio.run(change())
    word = "held" if done["is_held"] else "not held any more"
    is_or_would_be = "would be" if done["dry_run"] else "is"
    talk(f"What {_OF[done['kind']]} {name} {is_or_would_be} {word}.")
    if output is not OutputFormat.table:
        print_object(done, output)


async def _subject(admin: AdminClient, kind: str, name: str) -> tuple[UUID, str]:
    """Its id, and what to call it: of a conversation the id as well."""
    if kind == "user":
        person = await find_user(admin, name)
        return person.id, person.username
    found = conversation_id_of(name)
    assert found is not None  # noqa: S101 - a text was given
    return found, name


def list_holds(caller: Caller, kind: str, limit: int, output: OutputFormat) -> None:
    """At most `limit` of one kind, by their subjects' ids."""

    async def load() -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        after: UUID | None = None
        async with rest_client(caller.profile, caller.server) as rest:
            client = RetentionClient(rest.http)
            while len(rows) < limit:
                size = min(LONGEST_PAGE, limit - len(rows))
                page = await client.holds(kind=kind, after=after, limit=size)
                rows += [it.model_dump(mode="json") for it in page.holds]
                after = page.next_after
                if after is None:
                    break
        return rows

    print_rows(asyncio.run(load()), HOLD_COLUMNS, output, f"No {kind} is held.")

"""The work behind `fynix limits`."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fynix_cli.client.access import AccessClient
from fynix_cli.client.admin import AdminClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.durations import Span
from fynix_cli.moderating.people import Caller, find_user
from fynix_cli.output import OutputFormat, print_object, print_rows, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.limits import (
    MAX_COUNT,
    MAX_WINDOW_SECONDS,
    LimitResponse,
    LimitsActResponse,
    LimitsResetResponse,
    UserLimitsResponse,
)

COLUMNS = ("bucket", "limit", "used", "frees", "until", "set_by")
_QUOTA = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@dataclass(frozen=True)
class LimitsAct:
    """`verb` as the API calls it; `what` for people, before the name. `bucket` None: every one.
    `span` None: it is none that lasts."""

    verb: str
    what: str
    bucket: str | None
    reason: str
    is_dry_run: bool
    extra: Mapping[str, Any] = field(default_factory=dict)
    span: Span | None = None

    @property
    def body(self) -> Mapping[str, Any]:
        lasting = {} if self.span is None else {"seconds": self.span.seconds}
        reasoned = {"reason": self.reason, "dry_run": self.is_dry_run}
        return {**self.extra, "bucket": self.bucket, **lasting, **reasoned}


def quota_of(text: str) -> Mapping[str, int]:
    """COUNT/SECONDS, as the API wants it. Raises: CommandError."""
    matched = _QUOTA.fullmatch(text.strip())
    max_count, window_seconds = map(int, matched.groups()) if matched else (0, 0)
    if not (1 <= max_count <= MAX_COUNT and 1 <= window_seconds <= MAX_WINDOW_SECONDS):
        raise CommandError(
            f"{text!r} is no limit",
            hint=f"write COUNT/SECONDS, such as 100/60: 1 to {MAX_COUNT} in 1 to "
            f"{MAX_WINDOW_SECONDS}; to keep somebody from writing use fynix user mute, and for "
            "no limit fynix limits exempt",
            exit_code=ExitCode.USAGE,
        )
    return {"max_count": max_count, "window_seconds": window_seconds}


def show_limits(caller: Caller, name: str, output: OutputFormat) -> None:
    """Every bucket of somebody: the limit in force, who set it, what is used of it."""

    async def load() -> UserLimitsResponse:
        async with rest_client(caller.profile, caller.server) as rest:
            person = await find_user(AdminClient(rest.http), name)
            return await AccessClient(rest.http).limits(person.id)

    _print_limits(asyncio.run(load()), output)


def change_limits(caller: Caller, name: str, act: LimitsAct, output: OutputFormat) -> None:
    """Do it, and show what it has made of their limits."""

    async def change() -> LimitsActResponse:
        async with rest_client(caller.profile, caller.server) as rest:
            person = await find_user(AdminClient(rest.http), name)
            return await AccessClient(rest.http).change_limits(person.id, act.verb, act.body)

    done = asyncio.run(change())
    _tell(act, done.limits.username)
    if output is OutputFormat.table:
        _print_limits(done.limits, output)
    else:
        print_object(done.model_dump(mode="json"), output)


def reset_limits(caller: Caller, name: str, act: LimitsAct, output: OutputFormat) -> None:
    """Have what was counted forgotten, and tell how much that was."""

    async def reset() -> tuple[str, LimitsResetResponse]:
        async with rest_client(caller.profile, caller.server) as rest:
            person = await find_user(AdminClient(rest.http), name)
            done = await AccessClient(rest.http).reset_limits(person.id, act.body)
            return person.username, done

    username, done = asyncio.run(reset())
    _tell(act, username)
    if not done.is_everywhere:
        talk("Redis is away: what it has counted counts again once it is back.")
    shown = done.model_dump(mode="json")
    print_object(shown["forgotten"] if output is OutputFormat.table else shown, output)


def _tell(act: LimitsAct, username: str) -> None:
    span = act.span.words if act.span else ""
    talk(f"{'Would ' if act.is_dry_run else 'Done: '}{act.what} {username}{span}.")


def _print_limits(limits: UserLimitsResponse, output: OutputFormat) -> None:
    if not limits.is_on:
        talk("This server limits nobody (FYNIX_RATE_LIMITS=off).")
    if not limits.is_counted_together:
        talk("Redis is away: what is used is what one instance has counted by itself.")
    if output is OutputFormat.table:
        print_rows([_row(it) for it in limits.limits], COLUMNS, output, "No buckets.")
    else:
        print_object(limits.model_dump(mode="json"), output)


def _row(limit: LimitResponse) -> Mapping[str, Any]:
    quota, override = limit.limit, limit.override
    return {
        "bucket": limit.bucket,
        "limit": f"{quota.max_count}/{quota.window_seconds}" if quota else "none",
        "used": limit.used,
        "frees": None if limit.frees_at is None else f"{limit.frees_at.astimezone():%H:%M:%S}",
        "until": None if override is None else _until(override.until),
        "set_by": None if override is None else override.set_by_name or override.set_by,
    }


def _until(moment: datetime | None) -> str:
    return "cleared" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"

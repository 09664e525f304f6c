"""The work behind `fynix user suspend` and its like."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fynix_cli.chat.targets import as_id
from fynix_cli.client.admin import AdminClient
from fynix_cli.client.failures import ApiError
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.moderating.durations import Span
from fynix_cli.output import OutputFormat, print_object, print_rows, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.moderation import ModeratedUserResponse, UserActResponse

COLUMNS = ("username", "role", "status", "until", "restrictions")
LONGEST_PAGE = 100


@dataclass(frozen=True)
class Caller:
    """Who acts, and where. None: the current login, its server."""

    profile: str | None
    server: str | None


@dataclass(frozen=True)
class UserAct:
    """`verb` as the API calls it; `what` for people: `ban`. `extra` joins the reason in the body.

    `is_confirmed`: do not ask. `span` None: it is none that lasts.
    """

    verb: str
    what: str
    reason: str
    is_dry_run: bool = False
    is_confirmed: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    span: Span | None = None

    def told_of(self, username: str) -> str:
        """`suspend bob for 7 days`."""
        return f"{self.what} {username}{self.span.words if self.span else ''}"

    @property
    def body(self) -> Mapping[str, Any]:
        lasting = {} if self.span is None else {"seconds": self.span.seconds}
        return {**self.extra, **lasting, "reason": self.reason, "dry_run": self.is_dry_run}


def act_on_user(caller: Caller, name: str, act: UserAct, output: OutputFormat) -> None:
    """Do it, after asking, and tell what has become of the person."""
    done = asyncio.run(_act(caller, name, act))
    would = "Would " if act.is_dry_run else "Done: "
    talk(f"{would}{act.told_of(done.user.username)}.")
    if output is not OutputFormat.table:
        print_object(done.model_dump(mode="json"), output)


async def _act(caller: Caller, name: str, act: UserAct) -> UserActResponse:
    async with rest_client(caller.profile, caller.server) as rest:
        admin = AdminClient(rest.http)
        person = await find_user(admin, name)
        if not act.is_dry_run:
            what = act.told_of(person.username)
            confirm_by_name(what, person.username, is_confirmed=act.is_confirmed)
        return await admin.act_on_user(person.id, act.verb, act.body)


async def find_user(admin: AdminClient, name: str) -> ModeratedUserResponse:
    """By username or id, of whatever status. Raises: CommandError (there is nobody)."""
    user_id = as_id(name)
    try:
        person = await (admin.user_named(name) if user_id is None else admin.user(user_id))
    except ApiError as error:
        if error.exit_code is not ExitCode.NOT_FOUND:
            raise
        person = None
    if person is None:
        raise CommandError(f"there is nobody called {name}", exit_code=ExitCode.NOT_FOUND)
    return person


def show_user(caller: Caller, name: str, output: OutputFormat) -> None:
    """Everything that moderators may know of somebody."""

    async def load() -> Mapping[str, Any]:
        async with rest_client(caller.profile, caller.server) as rest:
            admin = AdminClient(rest.http)
            person = await find_user(admin, name)
            return (await admin.user(person.id)).model_dump(mode="json")

    found = asyncio.run(load())
    if output is OutputFormat.table:
        found = {**found, "restrictions": _restrictions(found["restrictions"])}
    print_object(found, output)


def search_users(
    caller: Caller, wanted: Mapping[str, Any], limit: int, output: OutputFormat
) -> None:
    """At most `limit` people by name, page after page."""
    rows = asyncio.run(_search(caller, wanted, limit))
    if output is OutputFormat.table:
        rows = [_row(it) for it in rows]
    print_rows(rows, COLUMNS, output, "Nobody like that.")


async def _search(caller: Caller, wanted: Mapping[str, Any], limit: int) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    after = wanted.get("after")
    async with rest_client(caller.profile, caller.server) as rest:
        admin = AdminClient(rest.http)
        while len(found) < limit:
            size = min(LONGEST_PAGE, limit - len(found))
            page = await admin.users(**{**wanted, "after": after, "limit": size})
            found += [user.model_dump(mode="json") for user in page.users]
            after = page.next_after
            if after is None:
                break
    return found


def _row(user: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        **user,
        "until": user["status_until"],
        "restrictions": _restrictions(user["restrictions"]),
    }


def _restrictions(restrictions: list[Mapping[str, Any]]) -> str:
    return ", ".join(it["kind"] for it in restrictions)

"""The work behind `fynix moderation filter list`, `show`, `add`, `change` and `remove`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fynix_cli.chat.targets import as_id
from fynix_cli.client.failures import ApiError
from fynix_cli.client.filtering import FilterClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.moderating.people import Caller
from fynix_cli.output import OutputFormat, print_object, print_rows, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.filtering import RuleActResponse, RuleResponse

COLUMNS = ("name", "kind", "verdict", "state", "hits", "pattern")
LONGEST_PAGE = 100
Told = TypeVar("Told")


@dataclass(frozen=True)
class RuleAct:
    """Why, and how. `is_confirmed`: do not ask."""

    reason: str
    is_dry_run: bool
    is_confirmed: bool = True

    @property
    def body(self) -> Mapping[str, Any]:
        return {"reason": self.reason, "dry_run": self.is_dry_run}


def list_rules(caller: Caller, wanted: Mapping[str, Any], limit: int, output: OutputFormat) -> None:
    """At most `limit` rules by name, page after page."""
    rules = _asking(caller, lambda client: pages_of_rules(client, wanted, limit))
    rows = [rule.model_dump(mode="json") for rule in rules]
    if output is OutputFormat.table:
        rows = [{**row, "state": _state(rule)} for row, rule in zip(rows, rules, strict=True)]
    print_rows(rows, COLUMNS, output, "No rules like that.")


async def pages_of_rules(
    client: FilterClient, wanted: Mapping[str, Any], limit: int
) -> list[RuleResponse]:
    """At most `limit` rules by name."""
    found: list[RuleResponse] = []
    after = None
    while len(found) < limit:
        size = min(LONGEST_PAGE, limit - len(found))
        page = await client.rules(**wanted, after=after, limit=size)
        found += page.rules
        after = page.next_after
        if after is None:
            break
    return found


def show_rule(caller: Caller, name: str, output: OutputFormat) -> None:
    async def load(client: FilterClient) -> RuleResponse:
        # By its id: what it has counted is told by both, and ids by this alone.
        return await client.rule((await find_rule(client, name)).id)

    print_object(_asking(caller, load).model_dump(mode="json"), output)


def add_rule(caller: Caller, rule: Mapping[str, Any], act: RuleAct, output: OutputFormat) -> None:
    """Add it, and say how to go on with a rule in shadow."""
    done = _asking(caller, lambda client: client.add({**rule, **act.body}))
    _tell(done, "add", output)
    if done.rule.is_shadow and not done.dry_run:
        name = done.rule.name
        talk(
            "It is in shadow: it counts what it would match and changes nothing. Watch its hits "
            f"with: fynix moderation filter show {name}; when they are what you mean: "
            f'fynix moderation filter change {name} --live --reason "…"'
        )


def change_rule(
    caller: Caller, name: str, changes: Mapping[str, Any], act: RuleAct, output: OutputFormat
) -> None:
    """Change what is not None; of a rule that goes live, say what it has counted in shadow."""

    async def change(client: FilterClient) -> tuple[RuleResponse, RuleActResponse]:
        before = await find_rule(client, name)
        return before, await client.change(before.id, {**changes, **act.body})

    before, done = _asking(caller, change)
    _tell(done, "change", output)
    if before.is_shadow and not done.rule.is_shadow:
        hits = "matched nothing" if before.hits == 0 else f"matched {before.hits:,} messages"
        talk(f"In shadow it has {hits} since {before.created_at:%Y-%m-%d %H:%M} UTC.")


def remove_rule(caller: Caller, name: str, act: RuleAct, output: OutputFormat) -> None:
    """Remove it, after asking."""

    async def remove(client: FilterClient) -> RuleActResponse:
        rule = await find_rule(client, name)
        if not act.is_dry_run:
            what = f"remove the rule {rule.name}"
            confirm_by_name(what, rule.name, is_confirmed=act.is_confirmed)
        return await client.remove(rule.id, act.body)

    _tell(_asking(caller, remove), "remove", output)


async def find_rule(client: FilterClient, name: str) -> RuleResponse:
    """By name or id. Raises: CommandError (there is none)."""
    rule_id = as_id(name)
    try:
        rule = await (client.rule_named(name) if rule_id is None else client.rule(rule_id))
    except ApiError as error:
        if error.exit_code is not ExitCode.NOT_FOUND:
            raise
        rule = None
    if rule is None:
        raise CommandError(
            f"there is no rule called {name}",
            hint="list them with: fynix moderation filter list",
            exit_code=ExitCode.NOT_FOUND,
        )
    return rule


def _asking(caller: Caller, ask: Callable[[FilterClient], Awaitable[Told]]) -> Told:
    async def asked() -> Told:
        async with rest_client(caller.profile, caller.server) as rest:
            return await ask(FilterClient(rest.http))

    return asyncio.run(asked())


def _tell(done: RuleActResponse, verb: str, output: OutputFormat) -> None:
    would = f"Would {verb}" if done.dry_run else f"Done: {verb}"
    rule = done.rule
    talk(f"{would} {rule.name}: {rule.kind} {rule.pattern} -> {rule.verdict}, {_state(rule)}.")
    if output is not OutputFormat.table:
        print_object(done.model_dump(mode="json"), output)


def _state(rule: RuleResponse) -> str:
    if not rule.is_enabled:
        return "off"
    return "shadow" if rule.is_shadow else "live"

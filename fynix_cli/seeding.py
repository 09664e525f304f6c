"""The work behind `fynix seed`."""

import os
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fynix_cli.errors import CommandError
from fynix_cli.local_database import run_on_current_schema
from fynix_cli.output import OutputFormat, print_object, progress, talk
from fynix_server.accounts.passwords import PasswordHasher
from fynix_server.maintenance.seed_plan import SeedPlan, SeedRequest, make_plan
from fynix_server.maintenance.seeding import check_is_new, seed_database
from fynix_server.protocol.fields import Password
from fynix_server.settings import Settings

_EXAMPLES = 3


def fill_database(request: SeedRequest, *, is_dry_run: bool, output: OutputFormat) -> None:
    """Make up people and conversations, store them, and say how many.

    Raises: CommandError (an old schema, a password that cannot be one), Conflict (used before).
    """
    password = _password()

    async def work(settings: Settings) -> SeedPlan:
        plan = make_plan(request)
        await check_is_new(settings, plan)
        if not is_dry_run:
            await _store(settings, plan, password)
        return plan

    plan = run_on_current_schema(work)
    print_object(_summary(plan), output)
    if is_dry_run:
        talk("Nothing was changed.")
    elif password is None:
        talk("Nobody of them can log in; with FYNIX_PASSWORD set they could.")


async def _store(settings: Settings, plan: SeedPlan, password: str | None) -> None:
    password_hash = await PasswordHasher(settings).hash(password) if password else None
    with progress("Seeding", plan.request.messages) as advance:
        await seed_database(settings, plan, password_hash, advance)


def _password() -> str | None:
    password = os.environ.get("FYNIX_PASSWORD")
    if not password:
        return None
    try:
        return TypeAdapter[str](Password).validate_python(password)
    except ValidationError as error:
        # Not the error's own text: it repeats the password.
        problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise CommandError(f"FYNIX_PASSWORD: {problem['msg']}") from None


def _summary(plan: SeedPlan) -> dict[str, Any]:
    return {
        "seed": plan.request.seed,
        "people": len(plan.people),
        "conversations": len(plan.conversations),
        "groups": plan.group_count,
        "messages": plan.request.messages,
        "languages": plan.language_names,
        "usernames": [person.username for person in plan.people[:_EXAMPLES]],
    }

"""The work behind `fynix doctor`."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import typer

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.local_database import run_on_current_schema
from fynix_cli.output import OutputFormat, print_rows, progress, talk
from fynix_server.maintenance.doctor import examination
from fynix_server.maintenance.doctor.examination import INVARIANTS, Examined
from fynix_server.redis_client import REDIS_ERRORS, open_redis
from fynix_server.settings import Settings, SettingsError, load_settings


@dataclass(frozen=True)
class Treatment:
    """What to do about what is broken. `is_confirmed`: without asking."""

    is_fixing: bool
    is_dry_run: bool
    is_confirmed: bool


def examine_database(treatment: Treatment, output: OutputFormat) -> None:
    """Look, mend if asked to, print a line for each invariant, and say what to do next.

    Raises: CommandError (an old schema, a damaged file, nobody to ask), typer.Exit (something is
    broken).
    """
    results = run_on_current_schema(lambda settings: _treat(settings, treatment))
    columns = [
        "name",
        "checked",
        "broken",
        *(["mended"] if treatment.is_fixing else []),
        "examples",
    ]
    rows = [_row(it, is_fixing=treatment.is_fixing) for it in results]
    if output is OutputFormat.table:
        rows = [{**it, "examples": [_told(example) for example in it["examples"]]} for it in rows]
    print_rows(rows, columns, output, "")
    _advise(results)
    if treatment.is_dry_run:
        talk("Nothing was changed.")
    _tell_of_environment()
    if any(it.is_broken for it in results):
        raise typer.Exit(ExitCode.FAILED)


async def _treat(settings: Settings, treatment: Treatment) -> list[Examined]:
    results = await _look(settings)
    if not treatment.is_fixing or not any(it.is_broken for it in results):
        return results
    if examination.is_damaged(results):
        talk("Nothing is mended in a damaged file.")
        return results
    if not treatment.is_dry_run and not treatment.is_confirmed:
        _confirm(results)
    total = sum(len(it.finding.conversation_ids) for it in results if it.is_mendable)
    with progress("Mending", total) as advance:
        mended = await examination.mend(settings, results, advance, is_dry_run=treatment.is_dry_run)
    if treatment.is_dry_run:
        return mended
    again = await _look(settings)
    return [replace(it, mended=was.mended) for it, was in zip(again, mended, strict=True)]


async def _look(settings: Settings) -> list[Examined]:
    with progress("Checking", len(INVARIANTS)) as advance:
        return await examination.examine(settings, advance)


def _confirm(results: Sequence[Examined]) -> None:
    mendable = [it for it in results if it.is_mendable]
    if not mendable:
        return
    if not sys.stdin.isatty():
        raise CommandError(
            "mending wants a yes, and there is no terminal to ask at",
            hint="add --yes, or --dry-run to see what it would do",
            exit_code=ExitCode.USAGE,
        )
    for it in mendable:
        talk(f"{it.invariant.name}: {it.finding.broken} broken")
    if not typer.confirm("Mend them", err=True):
        raise CommandError("nothing mended")


def _row(result: Examined, *, is_fixing: bool) -> dict[str, Any]:
    return {
        "name": result.invariant.name,
        "checked": result.finding.checked,
        "broken": result.finding.broken,
        **({"mended": result.mended} if is_fixing else {}),
        "examples": result.finding.examples,
        "holds": result.invariant.holds,
        "is_mendable": result.invariant.mend is not None,
    }


def _told(example: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in example.items())


def _advise(results: Sequence[Examined]) -> None:
    for it in results:
        if it.is_broken:
            talk(f"{it.invariant.name}: it should be that {it.invariant.holds}.")
            talk(f"  {it.invariant.advice}")


def _tell_of_environment() -> None:
    """Say what would keep a server from starting here, or from being whole. No verdict: often
    the database is looked at from a machine that has no server."""
    try:
        settings = load_settings()
    except SettingsError as error:
        for line in str(error).splitlines():
            talk(f"Note: a server would not start here: {line}")
        return
    if not settings.is_fakeredis and not asyncio.run(_is_redis_there(settings)):
        talk("Note: nobody answers at REDIS_URL; a server would be degraded.")


async def _is_redis_there(settings: Settings) -> bool:
    redis = open_redis(settings)
    try:
        await redis.ping()
    except REDIS_ERRORS:
        return False
    finally:
        await redis.aclose()
    return True

"""The work behind `fynix doctor`: what the server stands on first, then the data."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import typer

from fynix_cli.checkup.check import Found, State, Teller
from fynix_cli.checkup.examination import CHECKS
from fynix_cli.checkup.examination import examine as examine_surroundings
from fynix_cli.checkup.surroundings import Surroundings, look_around
from fynix_cli.checkup.telling import Report, print_report
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import OutputFormat, progress, talk
from fynix_server.audit import host_actor
from fynix_server.errors import Unavailable
from fynix_server.maintenance.doctor import examination
from fynix_server.maintenance.doctor.examination import INVARIANTS, Examined, Mending
from fynix_server.maintenance.schema_errors import SchemaError
from fynix_server.settings import Settings

DATA = "data"
DATA_DEADLINE_SECONDS = 600.0
"""Ten seconds go a million messages; past this the database has fallen silent."""
NO_DATABASE = "there is no database yet"
NEEDS = {DATA: ("database", "migrations")}
"""What has to be sound before a part can be looked at, and so is looked at with it."""

_tell = Teller(DATA)


@dataclass(frozen=True)
class Treatment:
    """What to do about what is broken. `is_confirmed`: without asking."""

    is_fixing: bool
    is_dry_run: bool
    is_confirmed: bool


def examine_all(parts: Sequence[str], treatment: Treatment, output: OutputFormat) -> None:
    """Look at `parts` (none: at all), mend data if asked to, and print a line for each check.

    Raises: CommandError (nobody to ask), typer.Exit (something has failed).
    """
    wanted = {need for part in parts for need in (part, *NEEDS.get(part, ()))}
    report = Report(output)
    around = look_around()
    asyncio.run(_look_around(around, wanted, report))
    if not wanted or DATA in wanted:
        report.add(_examine_data(around, report.found, treatment, is_asked_for=DATA in parts))
    print_report(report)
    if treatment.is_dry_run:
        talk("Nothing was changed.")
    code = _exit_code(report.found)
    if code is not ExitCode.OK:
        raise typer.Exit(code)


async def _look_around(around: Surroundings, wanted: set[str], report: Report) -> None:
    checks = {name: check for name, check in CHECKS.items() if not wanted or name in wanted}
    async for found in examine_surroundings(around, checks):
        report.add(found)


def _exit_code(found: Sequence[Found]) -> ExitCode:
    codes = {it.exit_code for it in found if it.state is State.failed}
    if ExitCode.UNREACHABLE in codes:
        return ExitCode.UNREACHABLE
    return ExitCode.FAILED if codes else ExitCode.OK


# ── the data ─────────────────────────────────────────────────────────────────────────────────


def _examine_data(
    around: Surroundings, found: Sequence[Found], treatment: Treatment, *, is_asked_for: bool
) -> list[Found]:
    why = _why_not(found)
    if why == NO_DATABASE and is_asked_for:
        # A nightly look at the wrong folder must not be well every night.
        return [_tell.failed("invariants", why, "set DATABASE_URL as the server has it")]
    if why is not None:
        return [_tell.skipped("invariants", why)]
    try:
        results = asyncio.run(_treat(around.settings, treatment))
    except (SchemaError, Unavailable) as error:
        return [_tell.failed("invariants", str(error), "try again", ExitCode.UNREACHABLE)]
    except TimeoutError:
        said = f"the database did not answer within {DATA_DEADLINE_SECONDS:g} s"
        return [_tell.failed("invariants", said, "try again", ExitCode.UNREACHABLE)]
    return [_line(it, is_fixing=treatment.is_fixing) for it in results]


def _why_not(found: Sequence[Found]) -> str | None:
    """What stands in the way of looking at the data; None: nothing."""
    for it in found:
        if (it.part, it.name) == ("database", "answers") and it.state is not State.ok:
            is_missing = it.state is State.warning
            return NO_DATABASE if is_missing else "the database does not answer"
        if it.part == "migrations" and it.state is not State.ok:
            return "the database has not had every migration"
    return None


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
        mending = Mending(host_actor(), advance, treatment.is_dry_run)
        mended = await examination.mend(settings, results, mending)
    if treatment.is_dry_run:
        return mended
    again = await _look(settings)
    return [replace(it, mended=was.mended) for it, was in zip(again, mended, strict=True)]


async def _look(settings: Settings) -> list[Examined]:
    with progress("Checking", len(INVARIANTS)) as advance:
        async with asyncio.timeout(DATA_DEADLINE_SECONDS):
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


def _line(result: Examined, *, is_fixing: bool) -> Found:
    finding, invariant = result.finding, result.invariant
    details = {
        "checked": finding.checked,
        "broken": finding.broken,
        **({"mended": result.mended} if is_fixing else {}),
        "examples": finding.examples,
        "holds": invariant.holds,
        "is_mendable": invariant.mend is not None,
    }
    mended = f", {result.mended} mended" if is_fixing and invariant.mend else ""
    if not result.is_broken:
        said = f"{finding.checked} looked at{mended}"
        return Found(DATA, invariant.name, State.ok, said, details=details)
    examples = ", ".join(_told(it) for it in finding.examples)
    said = (
        f"{finding.broken} of {finding.checked} broken{mended}; "
        f"it should be that {invariant.holds}: {examples}"
    )
    return Found(DATA, invariant.name, State.failed, said, invariant.advice, details)


def _told(example: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in example.items())

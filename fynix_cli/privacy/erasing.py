"""The work behind `fynix user erase` and `fynix privacy`."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from fynix_cli.client.admin import AdminClient
from fynix_cli.client.failures import ApiError
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.confirming import confirm_by_name
from fynix_cli.moderating.people import Caller, find_user
from fynix_cli.output import OutputFormat, print_object, print_rows, progress, talk, to_json
from fynix_cli.privacy.saving import new_file, require_free
from fynix_cli.session import rest_client
from fynix_server.protocol.privacy import EraseResponse, ErasureCertificate, ErasureResponse

COLUMNS = ("user_id", "begun_at", "finished_at")
LONGEST_PAGE = 100
REFUSALS = ("under_legal_hold", "acting_on_oneself")
"""What is no reason not to erase the others whom a journal names."""


@dataclass(frozen=True)
class Erasing:
    """How to erase. `is_confirmed`: do not ask."""

    reason: str
    is_dry_run: bool = False
    is_confirmed: bool = False
    is_vacuuming: bool = False


def erase_person(
    caller: Caller, name: str, wanted: Erasing, certificate: Path | None, output: OutputFormat
) -> None:
    """Erase somebody after asking, and hand out the certificate."""
    if certificate is not None:
        require_free(certificate)
    done = asyncio.run(_erase_named(caller, name, wanted))
    if done.certificate is None:
        talk("Would erase:")
        print_object(done.counts if output is OutputFormat.table else _json(done), output)
        return
    if certificate is not None:
        with new_file(certificate) as file:
            file.write((to_json(_json(done.certificate), indent=2) + "\n").encode())
    _tell(done.certificate)
    print_object(_json(done.certificate), output)


async def _erase_named(caller: Caller, name: str, wanted: Erasing) -> EraseResponse:
    async with rest_client(caller.profile, caller.server) as rest:
        admin = AdminClient(rest.http)
        person = await find_user(admin, name)
        if not wanted.is_dry_run:
            what = f"erase {person.username} for good: nobody can take it back"
            confirm_by_name(what, person.username, is_confirmed=wanted.is_confirmed)
        return await _erase(admin, person.id, wanted)


async def _erase(admin: AdminClient, user_id: UUID, wanted: Erasing) -> EraseResponse:
    """Ask until it is finished. Whatever interrupts it, the same command goes on."""
    body = {
        "reason": wanted.reason,
        "dry_run": wanted.is_dry_run,
        "vacuum": wanted.is_vacuuming,
    }
    done = await admin.erase_user(user_id, body)
    if done.is_finished or done.dry_run:
        return done
    left = done.messages_left
    with progress("Erasing", left) as advance:
        while not done.is_finished:
            done = await admin.erase_user(user_id, body)
            advance(max(0, left - done.messages_left))  # others go on writing meanwhile
            left = min(left, done.messages_left)
    return done


def _tell(certificate: ErasureCertificate) -> None:
    talk(f"Erased {certificate.user_id}.")
    for kept in certificate.kept:
        talk(f"Kept: {kept.rows} of {kept.table} ({kept.why}).")
    if certificate.is_vacuumed is False:
        talk("Texts may still lie between the rows of the file, which no query shows.")
        talk("To have them gone, at a quiet hour: fynix cleanup vacuum --reason …")
    if certificate.is_log_emptied is False:
        talk("Somebody was reading: SQLite's log is emptied at a later checkpoint.")


def show_erasures(caller: Caller, limit: int, output: OutputFormat) -> None:
    """The journal, oldest first."""
    rows = [_json(it) for it in asyncio.run(_journal(caller, limit))]
    print_rows(rows, COLUMNS, output, "Nobody was erased.")


async def _journal(caller: Caller, limit: int) -> list[ErasureResponse]:
    found: list[ErasureResponse] = []
    after: UUID | None = None
    async with rest_client(caller.profile, caller.server) as rest:
        admin = AdminClient(rest.http)
        while len(found) < limit:
            size = min(LONGEST_PAGE, limit - len(found))
            page = await admin.erasures(limit=size, after=after and str(after))
            found += page.erasures
            after = page.next_after
            if after is None:
                break
    return found


def reapply(caller: Caller, path: Path, wanted: Erasing, output: OutputFormat) -> None:
    """Erase again whom a journal names, after a backup from before was restored."""
    user_ids = _read_journal(path)
    if not wanted.is_dry_run:
        what = f"erase for good {len(user_ids)} people whom {path.name} names"
        confirm_by_name(what, "reapply", is_confirmed=wanted.is_confirmed)
    rows = asyncio.run(_reapply(caller, user_ids, wanted))
    print_rows(rows, ("user_id", "outcome"), output, "The journal names nobody.")
    refused = sum(row["outcome"] in REFUSALS for row in rows)
    if refused:
        raise CommandError(
            f"{refused} of {len(rows)} are not erased",
            hint="lift the legal hold, or have another admin erase you; then do this again",
            exit_code=ExitCode.CONFLICT,
        )


async def _reapply(
    caller: Caller, user_ids: list[UUID], wanted: Erasing
) -> list[Mapping[str, str]]:
    rows: list[Mapping[str, str]] = []
    async with rest_client(caller.profile, caller.server) as rest:
        admin = AdminClient(rest.http)
        with progress("Reapplying", len(user_ids)) as advance:
            for user_id in user_ids:
                outcome = await _erase_again(admin, user_id, wanted)
                rows.append({"user_id": str(user_id), "outcome": outcome})
                advance(1)
    return rows


async def _erase_again(admin: AdminClient, user_id: UUID, wanted: Erasing) -> str:
    try:
        done = await _erase(admin, user_id, wanted)
    except ApiError as error:
        # Not there: made after the backup. Erased: the backup is younger than the erasure.
        if error.code in ("user_not_found", "already_so", *REFUSALS):
            return error.code
        raise
    return "erased" if done.is_finished else "would_erase"


def _read_journal(path: Path) -> list[UUID]:
    """Whom it names; `-o json` and `-o jsonl` of `fynix privacy erasures` both do."""
    try:
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text) if text.lstrip().startswith("[") else _lines(text)
        return [UUID(row["user_id"]) for row in rows]
    except OSError as error:
        raise CommandError(
            f"cannot read {path} ({error.strerror})", exit_code=ExitCode.USAGE
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{path} is no journal of erasures",
            hint="make one with: fynix privacy erasures -o jsonl",
            exit_code=ExitCode.USAGE,
        ) from error


def _lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _json(shape: EraseResponse | ErasureResponse | ErasureCertificate) -> dict[str, Any]:
    return shape.model_dump(mode="json")

"""The work behind `fynix audit verify`: a server's log, a file, or a database, worked out anew."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from fynix_cli.auditing.exporting import line_of
from fynix_cli.client.audit import AuditClient
from fynix_cli.client.failures import ApiError
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.people import Caller
from fynix_cli.output import OutputFormat, print_object, progress, talk
from fynix_cli.session import rest_client
from fynix_server.audit_chain.lines import chained_of
from fynix_server.audit_chain.verifying import (
    BEGINNING,
    Break,
    ChainVerifier,
    Mark,
    Page,
    Unreadable,
    Verdict,
    verify_pages,
)
from fynix_server.protocol.audit import LARGEST_SEQ, MAX_ENTRIES
from fynix_server.settings import Settings

UNREADABLE = "audit_unreadable"
"""How a server refuses a page with a row that no entry can be made of."""


@dataclass(frozen=True)
class Verification:
    """What to verify: `file` if there is one, else the database or a server's log.

    `since_hash`: where it stood once, as somebody wrote it down. `against`: an export of it, whose
    entries must all be there still.
    """

    file: Path | None
    since_hash: str | None
    against: Path | None
    is_database: bool


def verify(caller: Caller, wanted: Verification, output: OutputFormat) -> None:
    """Print what was found. Raises: typer.Exit (8: it is not as it was written), CommandError."""
    known = _mark(wanted.since_hash)
    if wanted.against is not None:
        exported = _verify_file(wanted.against, known)
        if exported.broken is not None:
            _tell(exported, output, f"{wanted.against} itself is broken")
        known = exported.last
    if wanted.file is not None:
        verdict = _verify_file(wanted.file, known)
    elif wanted.is_database:
        verdict = _verify_database(known)
    else:
        verdict = asyncio.run(_verify_server(caller, known))
    _tell(verdict, output, "the log is broken")


def _mark(text: str | None) -> Mark | None:
    try:
        return None if text is None else Mark.parse(text)
    except ValueError as error:
        raise CommandError(
            str(error), hint="as `verify` prints it: 17:3f0a…", exit_code=ExitCode.USAGE
        ) from None


# ── where entries come from ──────────────────────────────────────────────────────────────────


async def _verify_server(caller: Caller, known: Mark | None) -> Verdict:
    """By pages of its API, whose hashes are worked out here."""
    async with rest_client(caller.profile, caller.server) as rest:
        client = AuditClient(rest.http)
        # Where it ends, without reading an entry: the newest may be one that nobody can read.
        length = (await client.entries(after_seq=LARGEST_SEQ, limit=1)).head.seq

        async def read_page(after_seq: int) -> Page:
            try:
                page = await client.entries(after_seq=after_seq, limit=MAX_ENTRIES)
            except ApiError as error:
                if error.code != UNREADABLE:
                    raise
                return await _up_to_unreadable(client, after_seq)
            head = Mark(page.head.seq, page.head.hash)
            # A server that says that there is more, and gives none, would never be done.
            is_last = not page.has_more or not page.entries
            return Page([chained_of(it) for it in page.entries], head, is_last)

        with _progress(length) as advance:
            return await verify_pages(read_page, known, advance)


async def _up_to_unreadable(client: AuditClient, after_seq: int) -> Page:
    """The next entry alone, where somewhere after it there is what cannot be read.

    Raises: Unreadable (it is that).
    """
    try:
        entry = await client.entry(after_seq + 1)
    except ApiError as error:
        if error.code not in (UNREADABLE, "audit_entry_not_found"):
            raise
        raise Unreadable("a value stands there that no entry can have") from error
    return Page([chained_of(entry)], BEGINNING, is_last=False)


def _verify_database(known: Mark | None) -> Verdict:
    """The log in the database of DATABASE_URL. Raises: CommandError."""
    # Here, and not at the top: whoever verifies a file needs no database.
    from fynix_cli.local_database import run_on_current_schema
    from fynix_server.audit.verifying import length_of_log, verify_log
    from fynix_server.database import Database

    async def work(settings: Settings) -> Verdict:
        database = Database(settings)
        try:
            with _progress(await length_of_log(database)) as advance:
                return await verify_log(database, known, advance)
        finally:
            await database.close()

    return run_on_current_schema(work)


def _verify_file(path: Path, known: Mark | None) -> Verdict:
    """An export. Raises: CommandError (there is no such file, or nothing in it)."""
    verifier = ChainVerifier(known)
    number = 0
    for number, line in enumerate(_lines(path), start=1):
        try:
            entry = chained_of(line_of(line))
        except ValueError:
            verifier.reject(f"line {number} is no entry")
            break
        if not verifier.take(entry):
            break
    if number == 0 and known is None:
        # An export that failed leaves such a file; to call it intact would be to check nothing.
        raise CommandError(
            f"{path} is empty, which proves nothing",
            hint="export the log anew: fynix audit export FILE",
            exit_code=ExitCode.USAGE,
        )
    return verifier.finish(None)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            length = 0
            if file.seekable():  # not a pipe, such as of <(zcat audit.jsonl.gz)
                length = sum(1 for _ in file)
                file.seek(0)
            with _progress(length) as advance:
                for line in file:
                    yield line
                    advance(1)
    except OSError as error:
        raise CommandError(
            f"cannot read {path} ({error.strerror})", exit_code=ExitCode.USAGE
        ) from error


def _progress(length: int) -> AbstractContextManager[Callable[[int], None]]:
    """Of so many entries; none where one page holds them."""
    return progress("Verifying", length, is_wanted=length > MAX_ENTRIES)


# ── what is said of it ───────────────────────────────────────────────────────────────────────


def _tell(verdict: Verdict, output: OutputFormat, problem: str) -> None:
    broken = verdict.broken
    told = {
        "is_intact": broken is None,
        "entries": verdict.count,
        "begins_after": None if verdict.begins_after == BEGINNING else str(verdict.begins_after),
        "cut_by": verdict.cut_by,
        "last": str(verdict.last),
        "erased": verdict.erased,
        "broken": None if broken is None else _broken(broken, output),
    }
    print_object(told, output)
    if broken is not None:
        talk(f"fynix: {problem}, first at entry {broken.seq}: {broken.detail}")
        raise typer.Exit(ExitCode.ASSERTIONS_FAILED)
    talk("Intact. Write down what `last` says, for --since-hash.")


def _broken(broken: Break, output: OutputFormat) -> Mapping[str, Any] | str:
    if output is OutputFormat.table:
        return f"entry {broken.seq}: {broken.problem}: {broken.detail}"
    return {"seq": broken.seq, "problem": broken.problem, "detail": broken.detail}

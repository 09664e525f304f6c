"""Verifying the log of a database, page by page, while servers go on writing it."""

from collections.abc import Callable

from fynix_server.audit import queries
from fynix_server.audit.queries import EntriesWanted
from fynix_server.audit_chain.verifying import (
    Mark,
    Page,
    Unreadable,
    Verdict,
    verify_pages,
)
from fynix_server.database import Database

PAGE_SIZE = 500


async def verify_log(
    database: Database, known: Mark | None, advance: Callable[[int], None]
) -> Verdict:
    """Whether the log is as it was written. `known`: where it is known to have stood once.

    Raises: Unavailable.
    """

    async def read_page(after_seq: int) -> Page:
        try:
            return await _read_page(database, after_seq, PAGE_SIZE)
        except (ValueError, TypeError):
            return await _up_to_unreadable(database, after_seq)

    return await verify_pages(read_page, known, advance)


async def length_of_log(database: Database) -> int:
    """The number of the last entry. Raises: Unavailable."""
    async with database.read() as connection:
        return (await queries.head_of_log(connection)).seq


async def _up_to_unreadable(database: Database, after_seq: int) -> Page:
    """What comes before the entry that cannot be read, one by one."""
    try:
        page = await _read_page(database, after_seq, 1)
    except (ValueError, TypeError):
        raise Unreadable("a value stands there that no entry can have") from None
    return page._replace(is_last=False)


async def _read_page(database: Database, after_seq: int, limit: int) -> Page:
    """Of one moment, so that the end that is said is the end of what is read."""
    async with database.read() as connection:
        wanted = EntriesWanted(after_seq=after_seq)
        entries = await queries.find_entries(connection, wanted, limit)
        head = await queries.head_of_log(connection)
    return Page(entries, head, is_last=len(entries) < limit)

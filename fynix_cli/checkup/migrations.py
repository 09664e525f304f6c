"""Whether the database has had every migration that this version knows."""

from collections.abc import AsyncIterator

from fynix_cli.checkup.blocking import in_thread
from fynix_cli.checkup.check import Found, Teller
from fynix_cli.checkup.database import CONNECT_SECONDS, DATABASE_FIELDS, connection_to, refusal
from fynix_cli.checkup.surroundings import Surroundings
from fynix_server.maintenance.schema import pending, state
from fynix_server.maintenance.schema_errors import SchemaError, sqlite_path

_tell = Teller("migrations")


async def check_migrations(around: Surroundings) -> AsyncIterator[Found]:
    """Makes nothing and runs none."""
    if why := around.why_unknown(*DATABASE_FIELDS):
        yield _tell.skipped("schema", why)
        return
    path = sqlite_path(around.settings)
    if path is not None and not await in_thread(path.exists):
        yield _tell.skipped("schema", "there is no database yet")
        return
    quick = {"database_timeout_seconds": CONNECT_SECONDS}
    try:
        found = await state(around.settings.model_copy(update=quick))
    except SchemaError as error:
        yield await _refusal(around, error)
        return
    if found.is_current:
        yield _tell.ok("schema", f"up to date, at {found.head}")
    else:
        missing = pending(found)
        yield _tell.failed(
            "schema",
            f"at {found.current or 'nothing yet'}; {len(missing)} missing: {', '.join(missing)}",
            "run: fynix migrate",
        )


async def _refusal(around: Surroundings, error: SchemaError) -> Found:
    """Of a database that cannot be used at all the line of the database tells why."""
    if error.is_unreachable:
        return _tell.skipped("schema", "the database does not answer")
    try:
        async with connection_to(around.settings):
            return refusal(_tell, "schema", error)
    except SchemaError:
        return _tell.skipped("schema", "the database cannot be used")

"""The database of DATABASE_URL, for commands that act on it without a server."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy.engine import make_url

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_server.maintenance.schema import state
from fynix_server.maintenance.schema_errors import SchemaError, sqlite_path
from fynix_server.settings import Settings, load_settings

T = TypeVar("T")


def database_settings() -> Settings:
    """The settings, for a command that only needs a database.

    What a server would refuse to start without (a secret, Redis for its workers) is filled in.

    Raises: SettingsError.
    """
    return load_settings(
        jwt_secret_key=secrets.token_urlsafe(48), workers=1, redis_url="fakeredis://"
    )


def run_on_database(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end.

    Raises: CommandError (the database is away: exit 7; cannot be used as it is: exit 1).
    """
    with told_plainly():
        return asyncio.run(work)


def run_on_current_schema(work: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    """Run `work` on the database of the environment, which must be up to date.

    Raises: CommandError, SettingsError.
    """
    settings = database_settings()

    async def checked() -> T:
        await require_current_schema(settings)
        return await work(settings)

    return run_on_database(checked())


async def require_current_schema(settings: Settings) -> None:
    """Raises: CommandError (a migration is due), SchemaError."""
    found = await state(settings)
    if found.current is None:
        # Most often a shell in which DATABASE_URL is missing: a migration would make a database
        # that no server looks at, and an account that nobody can log in to.
        raise CommandError(
            f"{_named(settings)} holds nothing of Fynix yet",
            hint="if the server has another, set DATABASE_URL or FYNIX_DATA_DIR as it has; "
            "else run: fynix migrate",
        )
    if not found.is_current:
        raise CommandError(
            f"the database is at {found.current}, and this version needs {found.head}",
            hint="run: fynix migrate",
        )


def _named(settings: Settings) -> str:
    """The database without its password."""
    path = sqlite_path(settings)
    if path is not None:
        return str(path)
    url = make_url(settings.resolved_database_url)
    return f"database {url.database!r} at {url.host or 'this machine'}"


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turns a SchemaError into the line and the exit code of a command."""
    try:
        yield
    except SchemaError as error:
        code = ExitCode.UNREACHABLE if error.is_unreachable else ExitCode.FAILED
        raise CommandError(str(error), exit_code=code) from error

"""What a database that cannot be used says, as one line with the mend."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from fynix_server.settings import Settings

_NOT_ANSWERING = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
)


class SchemaError(Exception):
    """The database cannot be used, or not as it is. The text says why and what mends it."""

    def __init__(self, text: str, *, is_unreachable: bool = False) -> None:
        super().__init__(text)
        self.is_unreachable = is_unreachable
        """Nobody answers there (now); trying again later may work."""


def sqlite_path(settings: Settings) -> Path | None:
    """The database's file; None with Postgres."""
    if not settings.is_sqlite:
        return None
    return Path(make_url(settings.resolved_database_url).database or "")


def explained(error: BaseException, settings: Settings) -> SchemaError:
    """The line that tells what is wrong with the database. Never repeats its password."""
    for cause in _causes(error):
        found = (
            _explained_sqlite(cause, settings)
            if settings.is_sqlite
            else _explained_postgres(cause, settings)
        )
        if found is not None:
            return found
    reason = str(getattr(error, "orig", error)).splitlines()[:1]
    return SchemaError(f"The database refused: {' '.join(reason) or type(error).__name__}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        original = getattr(seen, "orig", None)
        if isinstance(original, BaseException):
            yield original
        seen = seen.__cause__ or seen.__context__


_SQLITE_TEXTS = {
    "file is not a database": "{path} is not a SQLite database, or is damaged; restore a backup, "
    "or move it away to begin anew.",
    "malformed": "{path} is damaged; restore a backup, or move it away to begin anew.",
    "unable to open": "Cannot open {path}; its folder must exist and be yours to write to "
    "(DATABASE_URL, FYNIX_DATA_DIR).",
    "readonly": "{path} is read-only; make it and its folder yours to write to, or choose another "
    "(DATABASE_URL, FYNIX_DATA_DIR).",
    "disk I/O error": "{path} cannot be read or written (disk I/O error); check the disk.",
    "full": "The disk that holds {path} is full; make room.",
    "locked": "{path} is busy in another program; end that one, or try again.",
    "already exists": "{path} holds tables that Fynix did not make; choose another file "
    "(DATABASE_URL).",
}


def _explained_sqlite(cause: BaseException, settings: Settings) -> SchemaError | None:
    said = str(cause)
    for words, mend in _SQLITE_TEXTS.items():
        if words in said:
            line = mend.format(path=sqlite_path(settings))
            return SchemaError(line, is_unreachable=words == "locked")
    return None


def _explained_postgres(cause: BaseException, settings: Settings) -> SchemaError | None:
    url = make_url(settings.resolved_database_url)
    where = f"{url.host or url.query.get('host', 'localhost')}:{url.port or 5432}"
    if isinstance(cause, asyncpg.InvalidAuthorizationSpecificationError):
        return SchemaError(
            f"Postgres at {where} refuses user {url.username!r}; check the name and the password "
            "in DATABASE_URL."
        )
    if isinstance(cause, asyncpg.InvalidCatalogNameError):
        return SchemaError(
            f"Postgres at {where} has no database {url.database!r}; make it with "
            f"`createdb {url.database}`, or correct DATABASE_URL."
        )
    if isinstance(cause, asyncpg.InsufficientPrivilegeError):
        return SchemaError(
            f"User {url.username!r} may not change database {url.database!r} at {where} ({cause}); "
            "make it the owner."
        )
    if isinstance(cause, asyncpg.DuplicateTableError):
        return SchemaError(
            f"Database {url.database!r} at {where} holds tables that Fynix did not make ({cause}); "
            "choose another (DATABASE_URL)."
        )
    if isinstance(cause, _NOT_ANSWERING):
        return SchemaError(
            f"Postgres at {where} does not answer; is it running, and is DATABASE_URL right?",
            is_unreachable=True,
        )
    return None

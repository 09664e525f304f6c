"""What stands before serving: private servers, the schema, the demo people."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fynix_cli.errors import CommandError
from fynix_cli.file_lock import locked
from fynix_cli.local_database import require_current_schema, told_plainly
from fynix_cli.stack import StackError, StackUrls, full_stack
from fynix_server.maintenance import schema
from fynix_server.settings import Settings, load_settings


@contextmanager
def with_full_stack(overrides: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`overrides` with a private Postgres and Valkey, which live as long as the block.

    Raises: CommandError (they cannot run), SettingsError.
    """
    # Read as a local server's: the URLs of the environment are not the ones that will be used.
    local = load_settings(
        **{**overrides, "database_url": None, "redis_url": "fakeredis://", "workers": 1}
    )
    folder = local.make_data_dir()
    try:
        key = local.secret_key()
        with _only_user_of(folder), full_stack(folder) as urls, _published(urls, key, folder):
            yield {
                **overrides,
                "database_url": urls.database_url,
                "redis_url": urls.redis_url,
                "jwt_secret_key": key,
            }
    except StackError as error:
        raise CommandError(str(error)) from error


async def prepare_schema(settings: Settings, *, is_private: bool) -> None:
    """Migrate what is ours alone; of a shared database only check that somebody has.

    Raises: CommandError (a migration is due, or the database cannot be used).
    """
    with told_plainly():
        if not (settings.is_sqlite or is_private):
            await require_current_schema(settings)
        elif not (await schema.state(settings)).is_current:
            await schema.upgrade(settings)


@contextmanager
def _only_user_of(folder: Path) -> Iterator[None]:
    try:
        with locked(folder / "stack.lock", timeout_seconds=0):
            yield
    except TimeoutError as error:
        raise CommandError(
            f"another fynix serve --stack full uses {folder}",
            hint="stop it, or choose another folder: --data-dir",
        ) from error


@contextmanager
def _published(urls: StackUrls, key: str, folder: Path) -> Iterator[None]:
    """The settings in a file that only its owner reads, for `fynix user`, `doctor` and others."""
    path = folder / "stack.env"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(
        f"DATABASE_URL={urls.database_url}\nREDIS_URL={urls.redis_url}\nJWT_SECRET_KEY={key}\n"
    )
    try:
        yield
    finally:
        path.unlink(missing_ok=True)

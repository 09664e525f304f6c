"""People to try things with: `fynix serve --demo`."""

from pathlib import Path

from fynix_cli.errors import CommandError
from fynix_cli.output import talk
from fynix_cli.people import opened
from fynix_cli.serving.listening import is_loopback
from fynix_server.accounts.passwords import PasswordHasher
from fynix_server.accounts.queries import account_by_name, insert_user
from fynix_server.clock import utc_now
from fynix_server.maintenance.queries import has_people
from fynix_server.settings import Settings

DEMO_PASSWORD = "fynix-demo"  # noqa: S105 - public, which is why it never leaves this machine
DEMO_PEOPLE = {"alice": "user", "bob": "user", "carol": "user", "admin": "admin"}


def check_demo_is_allowed(settings: Settings) -> None:
    """Raises: CommandError (others could reach the demo people, or it is no local SQLite)."""
    if not settings.is_sqlite or settings.env == "production":
        raise CommandError(
            "--demo makes people with a public password, and only in a local SQLite database",
            hint="leave --demo out, or unset DATABASE_URL and FYNIX_ENV",
        )
    if not is_loopback(settings.host):
        raise CommandError(
            f"--demo makes people with a public password, and {settings.host} is open to others",
            hint="leave --demo out, or take --host 127.0.0.1",
        )


async def make_demo_people(settings: Settings) -> bool:
    """Make them where nobody is yet; whether the demo people are there now."""
    async with opened(settings) as database:
        async with database.read() as connection:
            is_empty = not await has_people(connection)
        if not is_empty:
            return await is_demo(settings)
        password_hash = await PasswordHasher(settings).hash(DEMO_PASSWORD)
        async with database.write() as connection:
            # Asked again under the lock: two servers may have begun at once.
            if await has_people(connection):
                return True
            for name, role in DEMO_PEOPLE.items():
                await insert_user(
                    connection,
                    username=name,
                    display_name=name.capitalize(),
                    password_hash=password_hash,
                    role=role,
                    now=utc_now(),
                )
    return True


async def is_demo(settings: Settings) -> bool:
    """Whether the database has an account that the demo's public password opens."""
    hasher = PasswordHasher(settings)
    async with opened(settings) as database, database.read() as connection:
        for name in DEMO_PEOPLE:
            account = await account_by_name(connection, name)
            if account and await hasher.verify(account.password_hash, DEMO_PASSWORD):
                return True
    return False


async def refuse_open_demo(settings: Settings) -> None:
    """Raises: CommandError (others could log in with the demo's public password)."""
    if settings.is_sqlite and not is_loopback(settings.host) and await is_demo(settings):
        raise CommandError(
            f"this database has demo people, whose password is public, and {settings.host} is "
            "open to others",
            hint="begin with another folder (--data-dir), or take --host 127.0.0.1",
        )


def tell_what_to_type(program: str, url: str) -> None:
    """The next two terminals, ready to copy."""
    server = "" if url == "http://127.0.0.1:8000" else f" --server {url}"
    talk(f"Demo people: {', '.join(DEMO_PEOPLE)}; the password of each is {DEMO_PASSWORD}")
    talk("Now, in two more terminals:")
    talk(f"  {program} login bob{server} && {program} tail --as bob")
    talk(f'  {program} login alice{server} && {program} send bob "hello" --as alice')


def program_name(argv0: str) -> str:
    """What to type to run this program again, from here."""
    path = Path(argv0)
    if path.name != "fynix":
        return "fynix"
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)

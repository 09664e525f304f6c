"""The work behind `fynix user`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import ValidationError

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.local_database import run_on_current_schema
from fynix_cli.login import ask_password
from fynix_cli.output import OutputFormat, emit, print_rows, talk
from fynix_server.accounts.passwords import PasswordHasher
from fynix_server.accounts.queries import insert_user
from fynix_server.audit import Act, host_actor, record_act
from fynix_server.clock import utc_now
from fynix_server.database import Database
from fynix_server.maintenance.queries import people_after
from fynix_server.protocol.accounts import RegisterRequest
from fynix_server.protocol.fields import rfc3339
from fynix_server.settings import Settings

COLUMNS = ("username", "role", "status", "created", "display_name")


def create_person(name: str, role: str, display_name: str | None, from_stdin: bool) -> None:
    """Make an account; its id goes to stdout.

    Raises: CommandError (the name or password cannot be one), Conflict (the name is taken).
    """
    # The name first: nobody should type a password twice to learn that the name will not do.
    _checked(name, "x" * 8, display_name)
    password = ask_password(from_stdin, confirm=True)
    person = _checked(name, password, display_name)
    user_id = run_on_current_schema(lambda settings: add_person(settings, person, role))
    talk(f"Made {role} {person.username}.")
    emit(user_id)


async def add_person(settings: Settings, person: RegisterRequest, role: str) -> str:
    """Store an account, and return its id. Whoever makes it here stands in the audit log: no
    other way to a role is without an entry either.

    Raises: Conflict (the name is taken).
    """
    password_hash = await PasswordHasher(settings).hash(person.password)
    now = utc_now()
    async with opened(settings) as database, database.write() as connection:
        user_id = await insert_user(
            connection,
            username=person.username,
            display_name=person.display_name or person.username,
            password_hash=password_hash,
            role=role,
            now=now,
        )
        made = Act("user.create", "user", str(user_id), after={"role": role})
        await record_act(connection, host_actor(), made, now)
    return str(user_id)


def show_people(limit: int, after: str | None, output: OutputFormat) -> None:
    """List accounts by name."""

    async def load(settings: Settings) -> list[dict[str, object]]:
        async with opened(settings) as database, database.read() as connection:
            people = await people_after(connection, (after or "").lower(), limit)
        return [
            {
                "id": str(person.id),
                "username": person.username,
                "display_name": person.display_name,
                "role": person.role,
                "status": person.status,
                "created_at": rfc3339(person.created_at),
            }
            for person in people
        ]

    rows = run_on_current_schema(load)
    if output is OutputFormat.table:
        rows = [{**row, "created": str(row["created_at"])[:10]} for row in rows]
    print_rows(rows, COLUMNS, output, "Nobody yet; make the first with: fynix user create NAME")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database, closed at the end."""
    database = Database(settings)
    try:
        yield database
    finally:
        await database.close()


def _checked(name: str, password: str, display_name: str | None) -> RegisterRequest:
    try:
        return RegisterRequest(username=name, password=password, display_name=display_name)
    except ValidationError as error:
        # Not the error's own text: it repeats the password.
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        raise CommandError(
            "; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in problems),
            exit_code=ExitCode.USAGE,
        ) from None

"""The work behind `fynix migrate`."""

from fynix_cli.local_database import database_settings, run_on_database, told_plainly
from fynix_cli.output import emit, talk
from fynix_server.maintenance import schema


def migrate_database(to: str) -> None:
    """Run the steps that are due, and say which."""
    before = run_on_database(schema.upgrade(database_settings(), to))
    steps = schema.pending(before, to)
    if steps:
        talk(f"Migrated: {', '.join(steps)}.")
    else:
        talk(f"Nothing to do: the database is at {before.current}.")


def list_due_steps(to: str) -> None:
    """One due step a line, in the order in which they would run."""
    found = run_on_database(schema.state(database_settings()))
    with told_plainly():
        steps = schema.pending(found, to)
    for step in steps:
        emit(step)
    if not steps:
        talk(f"Nothing to do: the database is at {found.current}.")


def print_sql(to: str) -> None:
    with told_plainly():
        emit(schema.write_sql(database_settings(), to).rstrip("\n"))

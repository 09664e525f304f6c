"""What moderation will do to accounts, done in the database."""

from sqlalchemy import update

from fynix_server.tables import User
from tests.people import Api, Person


async def suspend(api: Api, person: Person) -> None:
    """Keep somebody from logging in, and end what they do now."""
    async with api.resources.database.write() as connection:
        await connection.execute(
            update(User).where(User.id == person.user_id).values(status="suspended")
        )
    api.resources.sessions.forget(person.session_id)

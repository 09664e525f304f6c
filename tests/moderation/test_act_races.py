"""Acts on people that race: nobody acts by a role that they have lost."""

import asyncio

import pytest
from sqlalchemy import func, select

from fynix_server.tables import User
from tests.people import Api, Serve
from tests.staff import act, promoted

ROUNDS = 5


async def admins(api: Api) -> int:
    async with api.resources.database.read() as connection:
        query = select(func.count()).where(User.role == "admin", User.status == "active")
        return int((await connection.execute(query)).scalar_one())


@pytest.mark.parametrize(("verb", "body"), [("role", {"role": "user"}), ("ban", {}), ("erase", {})])
async def test_of_two_admins_who_act_on_each_other_at_once_one_stays(
    serve: Serve, verb: str, body: dict[str, str]
) -> None:
    api = await serve(rate_limits="off")

    for number in range(ROUNDS):
        one, other = [await promoted(api, f"{it}-{number}", "admin") for it in ("one", "other")]
        before = await admins(api)

        answers = await asyncio.gather(act(one, other, verb, **body), act(other, one, verb, **body))

        assert sorted(it.status_code for it in answers) == [200, 403]
        assert await admins(api) == before - 1

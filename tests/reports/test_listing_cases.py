"""The queue of a moderator: which cases it shows, in which order, and what a reporter is told."""

from typing import Any

from sqlalchemy import select

from fynix_server.tables import Notice
from tests.people import Api, Serve
from tests.reports.courts import court, listed, own_report
from tests.reports.filing import done, reported, sent
from tests.staff import promoted


async def test_cases_are_listed_the_oldest_first_and_by_default_those_open(api: Api) -> None:
    world = await court(api)
    other = await promoted(api, "other", "moderator")
    (carol,) = await api.people("carol")
    group = await world.alice.group("club", world.bob, carol)
    cases = [world.case]
    for reporter, person in (
        (world.alice, world.bob),
        (carol, world.bob),
        (world.bob, carol),
        (carol, world.alice),
    ):
        cases.append(await reported(reporter, user_id=person.user_id, conversation_id=group))
    await done(world.moderator, cases[0], "dismiss")
    await done(world.moderator, cases[1], "assign")
    await done(world.moderator, cases[2], "assign", assignee_id=str(other.user_id))

    async def among(**query: Any) -> list[int]:
        return [cases.index(case) for case in await listed(world.moderator, **query)]

    assert await among() == [3, 4]
    assert await among(status="all") == [0, 1, 2, 3, 4]
    assert await among(status="assigned") == [1, 2]
    assert await among(status="dismissed") == [0]
    assert await among(status="actioned") == []
    assert await among(assigned_to="me") == [1]
    assert await among(assigned_to=str(other.user_id)) == [2]
    assert await among(assigned_to="me", status="dismissed") == [0]
    assert await among(user_id=str(world.bob.user_id), status="all") == [0, 1, 2]
    assert await among(reporter_id=str(carol.user_id), status="all") == [2, 4]
    assert await among(reporter_id=str(carol.user_id)) == [4]


async def test_every_case_is_on_one_page_and_no_other(serve: Serve) -> None:
    api = await serve(rate_limits="off")
    moderator = await promoted(api, "mod", "moderator")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)
    made = [await reported(alice, message_id=await sent(bob, dm, str(it))) for it in range(7)]

    pages, after = [], None
    while True:
        query = {"limit": 3, **({"after": after} if after else {})}
        answer = (await moderator.client.get("/api/admin/cases", params=query)).json()
        pages.append([it["id"] for it in answer["cases"]])
        after = answer["next_after"]
        if after is None:
            break

    assert pages == [made[:3], made[3:6], made[6:]]


async def test_the_reporter_is_told_the_outcome_at_once_and_finds_it_later(api: Api) -> None:
    world = await court(api)
    told, not_told = await world.alice.live(), await world.bob.live()

    await done(world.moderator, world.case, "action", outcome="We have seen to it.")

    day = f"{api.clock():%Y-%m-%d}"
    detail = f"Your report of {day}: We have seen to it."
    assert await told.expect("server_notice") == {"type": "server_notice", "detail": detail}
    (notice,) = (await world.alice.client.get("/api/notices")).json()["notices"]
    assert (notice["kind"], notice["detail"]) == ("report_outcome", detail)
    mine = await own_report(world.alice)
    assert (mine["status"], mine["outcome"]) == ("actioned", "We have seen to it.")
    assert mine["closed_at"] is not None
    await not_told.barrier()
    assert not_told.seen("server_notice") == []
    assert (await world.bob.client.get("/api/notices")).json()["notices"] == []


async def test_the_reporter_never_learns_who_decided_or_why(api: Api) -> None:
    world = await court(api)
    await done(world.moderator, world.case, "assign", reason="my turn")
    await done(world.moderator, world.case, "dismiss", reason="they provoked each other")

    reports = await world.alice.client.get("/api/reports")
    notices = await world.alice.client.get("/api/notices")

    for answer in (reports, notices):
        assert "found nothing against the rules" in answer.text
        for secret in ("mod", str(world.moderator.user_id), "my turn", "provoked"):
            assert secret not in answer.text.replace("moderators", "")
    async with api.resources.database.read() as connection:
        assert len((await connection.execute(select(Notice))).all()) == 1


async def test_the_outcome_reaches_a_socket_on_another_instance(serve: Serve, stack: str) -> None:
    api = await serve()
    # A Redis inside the process has no other instance.
    other = await serve() if stack == "full" else api
    world = await court(api)
    live = await other.connect(token=world.alice.access_token, subprotocols=["fynix.v1"])
    await live.expect("hello")
    await live.send(type="resume", cursors={})
    await live.expect("resumed")

    await done(world.moderator, world.case, "dismiss", outcome="Nothing there.")

    assert "Nothing there." in (await live.expect("server_notice"))["detail"]

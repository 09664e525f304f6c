"""Which pages of the web may call this server."""

import pytest

from tests.people import Api, Serve

FRONTEND = "https://chat.example"


@pytest.fixture
async def with_frontend(serve: Serve) -> Api:
    return await serve(frontend_origin=FRONTEND)


async def test_the_frontend_may_call_and_read_every_answer_errors_included(
    with_frontend: Api,
) -> None:
    client, headers = with_frontend.client, {"Origin": FRONTEND}

    preflight = await client.options(
        "/api/users/me",
        headers={
            **headers,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    answers = [
        await client.get("/api/users/me", headers=headers),  # 401
        await client.get("/nowhere", headers=headers),  # 404
        await client.put("/api/users/me", headers=headers),  # 405
        await client.post("/api/auth/login", headers=headers, content=b"{"),  # 400
        await client.get("/livez", headers=headers),
    ]

    assert preflight.status_code in (200, 204)
    assert preflight.headers["Access-Control-Allow-Origin"] == FRONTEND
    assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert [it.status_code for it in answers] == [401, 404, 405, 400, 200]
    assert {it.headers["Access-Control-Allow-Origin"] for it in answers} == {FRONTEND}


async def test_another_page_is_not_allowed_to_read_an_answer(with_frontend: Api) -> None:
    answer = await with_frontend.client.get("/livez", headers={"Origin": "https://evil.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_the_frontend_may_open_a_socket(with_frontend: Api) -> None:
    alice = await with_frontend.register("alice")

    live = await with_frontend.connect(token=alice.access_token, origin=FRONTEND)

    await live.barrier()

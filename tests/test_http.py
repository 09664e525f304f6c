"""The edge of REST: what is answered to a request that fits no route as it stands."""

import pytest

from tests.people import Api


@pytest.mark.parametrize("path", ["/api/notices//read", "/api/conversations//messages"])
async def test_an_empty_id_is_no_such_route_and_leads_nowhere_else(api: Api, path: str) -> None:
    alice = await api.register("alice")

    answer = await alice.client.post(path, json={})

    assert answer.status_code == 404
    assert answer.json()["code"] == "no_such_route"


async def test_asking_for_the_socket_without_an_upgrade_says_what_it_is(api: Api) -> None:
    answer = await api.client.get("/api/ws")

    assert answer.status_code == 400
    assert "WebSocket" in answer.json()["detail"]

"""Health, readiness and metrics, as a load balancer and Prometheus see them."""

import socket
from urllib.request import urlopen

import httpx
import pytest

from fynix_server.health import check_parts, start_metrics_server
from fynix_server.settings import SettingsError, load_settings
from tests.people import Api


class _Away:
    """A Redis or a database that does not answer."""

    async def ping(self) -> None:
        raise ConnectionError("refused")

    async def answers(self, within_seconds: float) -> bool:
        return False


async def test_a_healthy_instance_says_so_without_a_token(api: Api) -> None:
    health = (await api.client.get("/api/conversations/health")).json()
    ready = (await api.client.get("/readyz")).json()

    assert health["status"] == "healthy"
    assert health["timestamp"].endswith("Z")
    assert ready == {"status": "ready", "checks": {"database": "ok", "redis": "ok", "tasks": "ok"}}
    assert (await api.client.get("/livez")).json() == {"status": "alive"}


async def test_socket_health_counts_people_and_their_sockets(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await alice.live()
    await alice.live()
    await bob.live()

    health = (await api.client.get("/api/ws/health")).json()

    assert health["active_connections"] == 3
    assert health["connected_users"] == 2


async def test_without_redis_an_instance_is_degraded_and_still_takes_requests(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.resources, "redis", _Away())

    ready = await api.client.get("/readyz")
    health = await api.client.get("/api/conversations/health")

    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"] == {"database": "ok", "redis": "down", "tasks": "ok"}


async def test_without_its_database_an_instance_is_unready(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.resources, "database", _Away())

    assert (await check_parts(api.resources))["database"] == "down"
    for path, status in (
        ("/readyz", "unready"),
        ("/api/conversations/health", "unhealthy"),
        ("/api/ws/health", "unhealthy"),
    ):
        answer = await api.client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (503, status)
    assert (await api.client.get("/livez")).status_code == 200


async def test_an_instance_whose_delivery_died_is_unready(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.resources, "failed_task", "delivery")

    ready = await api.client.get("/readyz")

    assert ready.status_code == 503
    assert ready.json()["checks"]["tasks"] == "down"


async def test_metrics_show_what_the_mission_lists(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    await alice.live()
    await alice.send(await alice.dm(bob), "hello")

    answer = await api.client.get("/metrics")

    samples = samples_of(answer)
    assert answer.headers["content-type"].startswith("text/plain")
    assert samples["fynix_websocket_connections"] >= 1
    assert samples["fynix_messages_sent_total"] >= 1
    assert samples['fynix_db_query_duration_seconds_count{statement="insert"}'] >= 1
    route = "/api/conversations/<id:conversation_id>/messages"
    labels = f'{{method="POST",route="{route}",status="201"}}'
    assert samples[f"fynix_http_request_duration_seconds_count{labels}"] >= 1


async def test_a_refused_attempt_counts_as_a_hit_of_its_bucket(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation = await alice.dm(bob)
    name = 'fynix_rate_limit_hits_total{bucket="messages"}'
    before = samples_of(await api.client.get("/metrics")).get(name, 0)

    answers = [await alice.send(conversation, f"message {number}") for number in range(31)]

    assert answers[-1].status_code == 429
    assert samples_of(await api.client.get("/metrics"))[name] == before + 1


async def test_metrics_with_an_address_of_their_own_leave_the_public_one(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = api.resources.settings.model_copy(update={"metrics_address": "127.0.0.1:9"})
    monkeypatch.setattr(api.resources, "settings", apart)

    assert (await api.client.get("/metrics")).status_code == 404


def test_the_metrics_server_answers_until_it_is_closed() -> None:
    address = f"127.0.0.1:{free_port()}"
    close = start_metrics_server(load_settings(metrics_address=address))

    with urlopen(f"http://{address}/metrics", timeout=5) as answer:
        assert b"fynix_messages_sent_total" in answer.read()
    close()
    with pytest.raises(OSError, match="refused"):
        urlopen(f"http://{address}/metrics", timeout=5)


def test_a_taken_metrics_address_is_refused_with_the_settings_name() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(SettingsError, match="FYNIX_METRICS_ADDRESS: cannot listen on"):
            start_metrics_server(load_settings(metrics_address=address))


def samples_of(answer: httpx.Response) -> dict[str, float]:
    """Each sample of an exposition by its name and labels."""
    lines = (line for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""Rates from two scrapes of a real server."""

from dataclasses import replace
from typing import Any

import pytest

from fynix_cli.top.exposition import Exposition
from fynix_cli.top.reading import Sample, read
from fynix_cli.top.source import Place, Source
from fynix_server.settings import RateLimit
from tests.people import Api, Serve


async def sample_of(api: Api) -> Sample:
    source = Source(Place(api.url))
    try:
        return await source.sample()
    finally:
        await source.close()


def altered(sample: Sample, text: str, **more: Any) -> Sample:
    return replace(sample, page=Exposition(text), **more)


async def test_what_people_do_shows_as_rates(serve: Serve) -> None:
    api = await serve()
    alice, bob = await api.people("alice", "bob")
    conversation_id = await alice.dm(bob)
    live = await bob.live()
    before = await sample_of(api)

    for number in range(6):
        await alice.send(conversation_id, f"message {number}")
    await live.expect_count("new_message", 6)
    after = replace(await sample_of(api), at=before.at + 2)
    reading = read(before, after)

    assert reading.status == "ready"
    assert (reading.connections, reading.people) == (1, 1)
    assert reading.rates is not None
    assert reading.rates.messages == pytest.approx(3.0)
    assert reading.rates.deliveries == pytest.approx(3.0)
    assert reading.rates.requests["201"] == pytest.approx(3.0)
    delivery = reading.rates.delivery
    assert delivery.p50 is not None
    assert delivery.p95 is not None
    assert delivery.p99 is not None
    assert 0 < delivery.p50 <= delivery.p95 <= delivery.p99
    assert reading.rates.queries > 0
    assert reading.rates.query_mean_ms is not None
    assert reading.rates.limit_hits.get("messages", 0) == 0
    assert reading.uptime_seconds is not None
    assert reading.checks == {"database": "ok", "redis": "ok", "tasks": "ok"}


async def test_what_monitors_ask_is_not_counted(api: Api) -> None:
    before = await sample_of(api)

    await api.client.get("/readyz")
    await api.client.get("/metrics")
    reading = read(before, await sample_of(api))

    assert reading.rates is not None
    assert sum(reading.rates.requests.values()) == 0


async def test_refusals_show_by_their_bucket_and_status(serve: Serve) -> None:
    api = await serve(rate_limit_messages=RateLimit("2/60"))
    alice, bob = await api.people("alice", "bob")
    conversation_id = await alice.dm(bob)
    before = await sample_of(api)

    for number in range(5):
        await alice.send(conversation_id, f"message {number}")
    reading = read(before, replace(await sample_of(api), at=before.at + 1))

    assert reading.rates is not None
    assert reading.rates.limit_hits["messages"] == pytest.approx(3.0)
    assert reading.rates.requests["429"] == pytest.approx(3.0)


async def test_the_first_sample_has_no_rates(api: Api) -> None:
    reading = read(None, await sample_of(api))

    assert reading.rates is None
    assert reading.status == "ready"


async def test_a_server_that_was_restarted_has_no_rates_rather_than_negative_ones(
    api: Api,
) -> None:
    before = await sample_of(api)
    text = (await api.client.get("/metrics")).text
    name = "process_start_time_seconds"
    other = altered(before, text.replace(f"\n{name} ", f"\n{name} 9"), at=before.at + 1)

    assert read(before, other).rates is None


async def test_a_counter_that_fell_is_of_another_process(api: Api) -> None:
    before = await sample_of(api)
    higher = altered(before, "fynix_messages_sent_total 5\nprocess_start_time_seconds 1\n")
    lower = altered(
        before, "fynix_messages_sent_total 4\nprocess_start_time_seconds 1\n", at=before.at + 1
    )

    assert read(higher, lower).rates is None


async def test_without_numbers_of_the_process_the_rest_is_told(api: Api) -> None:
    """As on macOS, where Python does not know them."""
    before = await sample_of(api)
    text = (await api.client.get("/metrics")).text
    lines = [it for it in text.splitlines() if "process_" not in it]
    page = "\n".join(lines) + "\n"

    reading = read(altered(before, page), altered(before, page, at=before.at + 1))

    assert reading.memory_bytes is None
    assert reading.uptime_seconds is not None
    assert reading.rates is not None
    assert reading.rates.cpu_percent is None

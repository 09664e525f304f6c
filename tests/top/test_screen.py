"""The live view, as a pilot sees it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import Sparkline, Static

from fynix_cli.errors import CommandError
from fynix_cli.stack.process import free_port
from fynix_cli.top.screen import CARDS, Card, Top
from fynix_cli.top.source import Place, Source
from fynix_server.settings import RateLimit
from tests.people import DEADLINE_SECONDS, Api, Serve

Watching = Pilot[CommandError | None]


@asynccontextmanager
async def watching(url: str, count: int | None = None) -> AsyncIterator[tuple[Top, Watching]]:
    """The view of the server at `url`, on a small terminal."""
    async with AsyncExitStack() as stack:
        source = Source(Place(url))
        stack.push_async_callback(source.close)
        app = Top(source, 0.1, count)
        yield app, await stack.enter_async_context(app.run_test(size=(80, 24)))


async def until(pilot: Watching, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():
            await pilot.pause()


def line(app: Top, name: str) -> str:
    return str(app.query_one(f"#{name}", Static).content)


def card(app: Top, name: str) -> Card:
    return app.query_one(f"#{name}", Card)


async def test_it_shows_what_happens_and_fits_into_24_lines(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    conversation_id = await alice.dm(bob)
    await bob.live()

    async with watching(api.url) as (app, pilot):
        await until(pilot, lambda: card(app, "process").now.startswith("cpu "))
        await alice.send(conversation_id, "hello")
        await until(pilot, lambda: "peak" in str(card(app, "messages").border_subtitle))

        assert "● ready" in line(app, "head")
        assert api.url in line(app, "head")
        assert card(app, "connections").now == "1 of 1 person"
        assert "database ok" in line(app, "parts")
        assert line(app, "limits") == "rate limits  nobody meets one"
        assert max(card(app, "messages").query_one(Sparkline).data or [0]) > 0
        assert all(card(app, name).region.bottom <= 24 for name in CARDS)
        assert app.query_one("#keys").region.bottom <= 24


async def test_refusals_of_a_rate_limit_are_named(serve: Serve) -> None:
    api = await serve(rate_limit_messages=RateLimit("1/60"))
    alice, bob = await api.people("alice", "bob")
    conversation_id = await alice.dm(bob)

    async with watching(api.url) as (app, pilot):
        await until(pilot, lambda: card(app, "messages").now == "0.0/s")
        for number in range(3):
            await alice.send(conversation_id, f"message {number}")
        await until(pilot, lambda: "messages " in line(app, "limits"))


async def test_q_quits(api: Api) -> None:
    async with watching(api.url) as (app, pilot):
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)

        assert app.return_code == 0
        assert app.return_value is None


async def test_it_ends_by_itself_after_as_many_samples_as_were_asked_for(api: Api) -> None:
    async with watching(api.url, count=2) as (app, pilot):
        await until(pilot, lambda: not app.is_running)

        assert app.return_value is None


async def test_a_larger_terminal_gets_larger_plots(api: Api) -> None:
    async with watching(api.url) as (app, pilot):
        await until(pilot, lambda: card(app, "messages").now == "0.0/s")
        plot = card(app, "messages").query_one(Sparkline)
        small = plot.size

        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: len(plot.data or []) == plot.size.width > small.width)

        assert plot.size.height > small.height


async def test_a_server_that_is_away_is_said_to_be() -> None:
    async with watching("http://127.0.0.1:9") as (app, pilot):
        await until(pilot, lambda: "away" in line(app, "head"))

        assert "nothing answers there" in line(app, "limits")
        assert card(app, "messages").now == "–"


@pytest.mark.parametrize("stack", ["embedded"])
async def test_metrics_that_are_elsewhere_end_it_with_the_mend(serve: Serve) -> None:
    api = await serve(metrics_address=f"127.0.0.1:{free_port()}")

    async with watching(api.url) as (app, pilot):
        await until(pilot, lambda: not app.is_running)

        assert app.return_value is not None
        assert "--metrics-url" in str(app.return_value)

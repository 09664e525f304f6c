"""Clocks that agree, and that do not."""

import pytest

from fynix_cli.checkup.check import State
from fynix_cli.checkup.clock import check_clock
from fynix_cli.checkup.surroundings import Surroundings
from fynix_server.settings import Settings, load_settings
from tests.checkup.findings import findings, findings_around
from tests.conftest import COMMON
from tests.people import MovableClock


async def test_clocks_of_one_machine_agree(settings: Settings) -> None:
    found = await findings(check_clock, settings)

    assert {name: it.state for name, it in found.items()} == {
        "database": State.ok,
        "redis": State.ok,
    }


@pytest.mark.parametrize("stack", ["full"])
@pytest.mark.parametrize(
    ("seconds", "state", "said"),
    [
        (3, State.warning, "ms ahead of it"),
        (-3, State.warning, "ms behind it"),
        (90, State.failed, "ms ahead of it"),
    ],
)
async def test_a_clock_that_is_off_is_told_in_milliseconds_with_the_mend(
    settings: Settings, clock: MovableClock, seconds: int, state: State, said: str
) -> None:
    clock.advance(seconds)

    found = await findings_around(check_clock, Surroundings(settings, clock=clock))

    for it in found.values():
        assert it.state is state
        assert said in it.found
        skew_ms = float(it.found.removeprefix("this machine is ").split(" ")[0])
        assert skew_ms == pytest.approx(abs(seconds) * 1000, abs=500)
        assert "timedatectl" in str(it.mend)


async def test_clocks_of_what_is_away_are_skipped() -> None:
    settings = load_settings(
        database_url="postgresql://127.0.0.1:9/x", redis_url="redis://127.0.0.1:9", **COMMON
    )

    found = await findings(check_clock, settings)

    assert {it.state for it in found.values()} == {State.skipped}

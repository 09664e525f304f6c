"""How a load is doing, on one line of a terminal that is drawn anew twice a second."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fynix_cli.scenario.load.figures import DELIVERY
from fynix_cli.scenario.load.tally import Tally

DRAWN_A_SECOND = 2


@contextmanager
def shown_progress(tally: Tally, seconds: float) -> Iterator[None]:
    """Draws while the block runs, only where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    with Live(
        console=console,
        refresh_per_second=DRAWN_A_SECOND,
        transient=True,
        get_renderable=lambda: Text(progress_line(tally, seconds)),
    ):
        yield


def progress_line(tally: Tally, seconds: float) -> str:
    """`seconds`: how long it is to take."""
    passed = tally.clock() - tally.began
    delivery = tally.events.get(DELIVERY)
    p95 = "–" if delivery is None else f"{delivery.quantile(0.95) * 1000:.1f} ms"
    rate = tally.messages / passed if passed > 0 else 0.0
    return (
        f"{min(passed, seconds):.0f}/{seconds:.0f} s   users {tally.users}   "
        f"iterations {tally.iterations}   failed {tally.failed}   "
        f"{rate:.1f} msgs/s   p95 {p95}"
    )

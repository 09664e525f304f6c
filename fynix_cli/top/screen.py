"""The live view: cards with a number and its last minutes each, and how the parts are."""

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Vertical
from textual.widgets import Sparkline, Static

from fynix_cli.errors import CommandError
from fynix_cli.output import visible
from fynix_cli.top import wording
from fynix_cli.top.plot import Past
from fynix_cli.top.reading import Reading
from fynix_cli.top.source import Away, Source, readings

PLOTTED_SECONDS = 120
SHOWN_SECONDS = 10.0
COLOURS = {"ready": "green", "degraded": "yellow", "ok": "green"}

Told = Callable[[Reading], tuple[str, float | None]]
"""What a card says of a reading, and the number that it plots."""


@dataclass(frozen=True)
class Subject:
    """What a card is about; `unit` writes a number of its plot, `plotted` says which that is."""

    title: str
    told: Told
    unit: Callable[[float], str]
    plotted: str = "peak"


class Card(Vertical):
    """One thing: what it is now, and what it was."""

    def __init__(self, name: str, subject: Subject, interval: float) -> None:
        super().__init__(id=name)
        self.border_title = subject.title
        self._subject = subject
        self._interval = interval
        self._past = Past()
        self.now = wording.NOTHING

    def compose(self) -> ComposeResult:
        yield Static(self.now, markup=False)
        yield Sparkline([])

    def show(self, reading: Reading | None) -> None:
        """None: the server is away."""
        said = (wording.NOTHING, None) if reading is None else self._subject.told(reading)
        self.now, value = said
        self._past.add(value)
        self.query_one(Static).update(self.now)
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        plot = self.query_one(Sparkline)
        wanted = int(PLOTTED_SECONDS / self._interval)
        # A plot begins at its lowest value; a first column of 0 makes that 0.
        columns = self._past.columns(plot.size.width - 1, wanted)
        plot.data = [0.0, *columns]
        highest = max(columns, default=0.0)
        said = f"{self._subject.plotted} {self._subject.unit(highest)}"
        self.border_subtitle = said if highest else ""


class Top(App[CommandError | None]):
    """Shows what `source` says until `q`. Returns what kept it from going on, or None."""

    TITLE = "fynix top"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit"),
        Binding("ctrl+c", "quit", show=False, priority=True),
    ]
    # The terminal's own colours, which are legible on its own background, whichever it is.
    CSS = """
    Screen { background: ansi_default; color: ansi_default; }
    #head, #limits, #parts, #keys { height: 1; padding: 0 1; }
    #keys { color: ansi_bright_black; }
    Grid { grid-size: 2; height: 1fr; }
    Card { border: round ansi_blue; border-title-color: ansi_default; padding: 0 1; height: 1fr; }
    Card { border-title-style: bold; border-subtitle-color: ansi_bright_black; }
    Card Static { height: 1; }
    Card Sparkline { height: 1fr; min-height: 1; }
    Card .sparkline--min-color { color: #4a7a9c; }
    Card .sparkline--max-color { color: #2f9bf0; }
    Card.-away { border: round ansi_red; }
    """

    def __init__(self, source: Source, interval: float, count: int | None = None) -> None:
        super().__init__(ansi_color=True)
        self._source = source
        self._interval = interval
        self._count = count
        self._limits_met: dict[str, tuple[float, float]] = {}
        """By limit, how many a second met it last, and when."""

    def compose(self) -> ComposeResult:
        yield Static(id="head", markup=False)
        with Grid():
            for name, subject in CARDS.items():
                yield Card(name, subject, self._interval)
        yield Static(id="limits", markup=False)
        yield Static(id="parts", markup=False)
        minutes = f"the last {PLOTTED_SECONDS // 60} minutes or more"
        yield Static(f"q quit    every {self._interval:g} s, {minutes}", id="keys", markup=False)

    def on_mount(self) -> None:
        self._head(Text("connecting …", style="yellow"))
        self.run_worker(self._watch(), exit_on_error=True)

    async def _watch(self) -> None:
        shown = 0
        try:
            async with aclosing(readings(self._source, self._interval)) as found:
                async for reading in found:
                    if not self.is_running:
                        # The cards go before this is cancelled.
                        return
                    self.show(reading)
                    shown += 1
                    if shown == self._count:
                        self.exit(None)
        except CommandError as error:
            self.exit(error)

    def show(self, reading: Reading | Away) -> None:
        """Draw one reading."""
        is_away = isinstance(reading, Away)
        for card in self.query(Card):
            card.set_class(is_away, "-away")
            card.show(None if isinstance(reading, Away) else reading)
        if isinstance(reading, Away):
            self._head(Text("● away: it goes on when the server returns", style="bold red"))
            self.query_one("#limits", Static).update(Text(visible(reading.reason), style="red"))
            self.query_one("#parts", Static).update("")
            return
        self._head(_status(reading))
        self.query_one("#limits", Static).update(self._limits(reading))
        self.query_one("#parts", Static).update(_parts(reading))

    def _limits(self, reading: Reading) -> Text:
        """The limits that people meet, for a while after: one sample is gone before it is read."""
        now = time.monotonic()
        for name, rate in (reading.rates.limit_hits if reading.rates else {}).items():
            if rate:
                self._limits_met[name] = rate, now
        hits = {
            name: rate for name, (rate, at) in self._limits_met.items() if now - at < SHOWN_SECONDS
        }
        said = wording.rates_by_name(hits, "nobody meets one")
        style = f"not bold {'yellow' if hits else 'default'}"
        return Text("rate limits  ", style="bold").append(said, style=style)

    def _head(self, said: Text) -> None:
        head = Text("fynix top  ", style="bold")
        head.append(f"{visible(self._source.place.server)}  ", style="not bold")
        head.append_text(said)
        self.query_one("#head", Static).update(head)


def _status(reading: Reading) -> Text:
    colour = COLOURS.get(reading.status, "red")
    said = Text(f"● {reading.status}", style=f"bold {colour}")
    return said.append(f"  up {wording.duration(reading.uptime_seconds)}", style="not bold default")


def _parts(reading: Reading) -> Text:
    said = Text("parts        ", style="bold")
    for name, state in reading.checks.items():
        said.append("● ", style=COLOURS.get(state, "red"))
        said.append(f"{visible(name)} {visible(state)}   ", style="not bold default")
    return said


# ── what the cards say ───────────────────────────────────────────────────────────────────────


def _messages(reading: Reading) -> tuple[str, float | None]:
    value = reading.rates.messages if reading.rates else None
    return wording.rate(value), value


def _connections(reading: Reading) -> tuple[str, float | None]:
    people = "1 person" if reading.people == 1 else f"{reading.people} people"
    return f"{reading.connections} of {people}", reading.connections


def _delivery(reading: Reading) -> tuple[str, float | None]:
    if reading.rates is None or reading.rates.delivery.p50 is None:
        return wording.NOTHING, None
    found = reading.rates.delivery
    each = (("p50", found.p50), ("p95", found.p95), ("p99", found.p99))
    return "  ".join(f"{it} {wording.milliseconds(value)}" for it, value in each), found.p95


def _requests(reading: Reading) -> tuple[str, float | None]:
    if reading.rates is None:
        return wording.NOTHING, None
    total = sum(reading.rates.requests.values())
    return wording.rates_by_name(reading.rates.requests, wording.rate(0.0)), total


def _database(reading: Reading) -> tuple[str, float | None]:
    if reading.rates is None:
        return wording.NOTHING, None
    mean, p95 = reading.rates.query_mean_ms, reading.rates.query.p95
    said = f"mean {wording.milliseconds(mean)}  p95 {wording.milliseconds(p95)}"
    return f"{wording.rate(reading.rates.queries)}  {said}", mean


def _process(reading: Reading) -> tuple[str, float | None]:
    cpu = reading.rates.cpu_percent if reading.rates else None
    return f"cpu {wording.percent(cpu)}  {wording.mebibytes(reading.memory_bytes)}", cpu


CARDS: dict[str, Subject] = {
    "messages": Subject("messages", _messages, wording.rate),
    "connections": Subject("connections", _connections, "{:.0f}".format),
    "delivery": Subject("delivery, commit to socket", _delivery, wording.milliseconds, "peak p95"),
    "requests": Subject("requests by status", _requests, wording.rate),
    "database": Subject("database queries", _database, wording.milliseconds, "peak mean"),
    "process": Subject("process", _process, wording.percent),
}

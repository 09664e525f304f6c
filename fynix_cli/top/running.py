"""The work behind `fynix top`: drawing or printing."""

import asyncio
from dataclasses import dataclass

from fynix_cli.output import OutputFormat
from fynix_cli.termination import end_like_ctrl_c
from fynix_cli.top.source import Place, Source
from fynix_cli.top.streaming import print_samples


@dataclass(frozen=True)
class Look:
    """At whom to look, how often (seconds), and how many times (None: not said)."""

    place: Place
    interval: float
    count: int | None


def run_top(look: Look, output: OutputFormat | None, *, is_drawn: bool) -> None:
    """Raises: CommandError, Unreachable."""
    end_like_ctrl_c()
    if is_drawn:
        asyncio.run(_draw(look))
        return
    is_endless = output is OutputFormat.jsonl
    count = look.count if look.count is not None or is_endless else 1
    output = output or OutputFormat.table
    asyncio.run(print_samples(look.place, look.interval, count, output))


async def _draw(look: Look) -> None:
    # Textual takes a quarter of a second to import; whoever pipes need not wait for it.
    from fynix_cli.top.screen import Top

    source = Source(look.place)
    try:
        error = await Top(source, look.interval, look.count).run_async()
    finally:
        await source.close()
    if error is not None:
        raise error

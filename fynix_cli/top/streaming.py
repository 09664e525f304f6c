"""The work behind `fynix top` where there is no screen to draw on: a sample after the other."""

from contextlib import aclosing

from fynix_cli.errors import Unreachable
from fynix_cli.output import OutputFormat, emit, print_json_line, print_object
from fynix_cli.top.source import Away, Place, Source, readings
from fynix_cli.top.telling import as_row


async def print_samples(
    place: Place, interval: float, count: int | None, output: OutputFormat
) -> None:
    """Print `count` samples (None: until interrupted), each of `interval` seconds.

    Raises: Unreachable (where one sample was asked for, and nobody answers), CommandError.
    """
    source = Source(place)
    printed = 0
    try:
        async with aclosing(readings(source, interval)) as found:
            async for reading in found:
                if isinstance(reading, Away):
                    if count == 1:
                        raise Unreachable(reading.reason)
                elif reading.rates is None:
                    # Of a process that was not seen before nothing can be said a second.
                    continue
                _print(as_row(place.server, reading), output, is_first=printed == 0)
                printed += 1
                if printed == count:
                    return
    finally:
        await source.close()


def _print(row: dict[str, object], output: OutputFormat, *, is_first: bool) -> None:
    if output is OutputFormat.jsonl:
        print_json_line(row)
        return
    if not is_first:
        emit("")
    print_object(row, output)

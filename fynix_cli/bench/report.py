"""What a benchmark prints: figures for eyes, JSON for comparing, and a plot at a terminal."""

import itertools
import json
import os
import platform
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fynix_cli.bench.figures import Latencies, Outcome
from fynix_cli.bench.process import allow_many_files
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.output import OutputFormat, emit, print_object, talk
from fynix_cli.termination import end_like_ctrl_c

_BAR_WIDTH = 40
_FORMAT = 1


def run_bench(
    work: Callable[[], Coroutine[Any, Any, Outcome]], output: OutputFormat, compare: Path | None
) -> None:
    """Run a benchmark, and report it.

    Raises: CommandError.
    """
    earlier = None if compare is None else _read(compare)
    end_like_ctrl_c()
    allow_many_files()
    if sys.platform != "win32":
        import uvloop

        outcome = uvloop.run(work())
    else:
        import asyncio

        outcome = asyncio.run(work())
    report(outcome, output, earlier)


def report(outcome: Outcome, output: OutputFormat, earlier: dict[str, Any] | None) -> None:
    """Print what was found; with `earlier` also how many times as much it is as then."""
    ratios = _ratios(outcome, earlier) if earlier is not None else {}
    if output is OutputFormat.table:
        for name, value in outcome.figures.items():
            ratio = f"\t{ratios[name]:.2f} x" if name in ratios else ""
            emit(f"{name}\t{_shown(value)}{ratio}")
        if outcome.latencies is not None and sys.stdout.isatty():
            plot(outcome.latencies)
    else:
        print_object(_as_json(outcome) | ({"ratios": ratios} if ratios else {}), output)
    if outcome.generator_bound:
        talk(
            "fynix bench: this end was busy the whole time: the server may well do more. "
            "Use fewer pairs, or give the server a core of its own with --cpu."
        )


def plot(latencies: Latencies) -> None:
    """How many took how long, a line for each bound."""
    shares = latencies.shares()
    most = max(count for _, count in shares)
    # Nothing is quicker than the quickest: the first lines would be empty.
    for bound_ms, count in itertools.dropwhile(lambda it: it[1] == 0, shares):
        bar = "\u2588" * round(_BAR_WIDTH * count / most)
        emit(f"{bound_ms:>10.3f} ms  {count:>8}  {bar}")


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "bench": outcome.bench,
        "parameters": outcome.parameters,
        "fynix": version("fynix"),
        "python": platform.python_version(),
        "machine": {"system": platform.system(), "cores": os.cpu_count()},
        "figures": outcome.figures,
        "generator_bound": outcome.generator_bound,
    }


def _read(file: Path) -> dict[str, Any]:
    try:
        earlier = json.loads(file.read_text())
        objects = (earlier["figures"], earlier["parameters"])
        if not all(isinstance(it, dict) for it in objects) or not isinstance(earlier["bench"], str):
            raise TypeError
    except OSError as error:
        raise _unusable(file, error.strerror or "it cannot be read") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable(file, "it is not what `fynix bench -o json` prints") from error
    found: dict[str, Any] = earlier
    return found


def _unusable(file: Path, why: str) -> CommandError:
    return CommandError(f"cannot compare with {file}: {why}", exit_code=ExitCode.USAGE)


def _ratios(outcome: Outcome, earlier: dict[str, Any]) -> dict[str, float]:
    _tell_differences(outcome, earlier)
    then = earlier["figures"]
    return {
        name: value / then[name]
        for name, value in outcome.figures.items()
        if isinstance(then.get(name), int | float) and then[name]
    }


def _tell_differences(outcome: Outcome, earlier: dict[str, Any]) -> None:
    if earlier["bench"] != outcome.bench:
        talk(f"fynix bench: the earlier run was another benchmark: {earlier['bench']}")
        return
    then = earlier["parameters"]
    others = [
        f"{name} {then.get(name)}, now {now}"
        for name, now in outcome.parameters.items()
        if then.get(name) != now
    ]
    if others:
        talk(f"fynix bench: the earlier run had other parameters: {'; '.join(others)}")


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"

"""How long it takes to start: the server, and the command itself."""

import asyncio
import statistics
import sys
import time

from fynix_cli.bench.figures import Outcome
from fynix_cli.bench.server import ServerOptions, bench_server
from fynix_cli.output import progress

_HELP = (sys.executable, "-c", "from fynix_cli.main import main; main()", "--help")
_TYPER = (sys.executable, "-c", "import typer")


async def starting(runs: int, stack: str) -> Outcome:
    """Medians of so many starts: of a server on a fresh folder until it is ready, which it says
    by /readyz, of `fynix --help`, and of importing typer, without which no command could do."""
    serve, helps, typer = [], [], []
    with progress("Starting", runs) as advance:
        for _ in range(runs):
            began = time.perf_counter()
            async with bench_server(ServerOptions(stack=stack)):
                serve.append(time.perf_counter() - began)
            helps.append(await _took(*_HELP))
            typer.append(await _took(*_TYPER))
            advance(1)
    median = statistics.median
    figures = {
        "serve_ready_ms": 1000 * median(serve),
        "help_ms": 1000 * median(helps),
        "import_typer_ms": 1000 * median(typer),
        "help_to_typer": median(helps) / median(typer),
    }
    return Outcome("start", {"runs": runs, "stack": stack}, figures)


async def _took(*command: str) -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
    )
    await process.wait()
    return time.perf_counter() - began

"""One run: a cluster, a workload and a schedule of faults; then the check."""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.torture.checker import broken, check, table
from tests.faults.torture.cluster import Cluster
from tests.faults.torture.history import History, Seen, Send
from tests.faults.torture.schedule import Schedule
from tests.faults.torture.truth import Truth, read_truth
from tests.faults.torture.verdict import Verdict
from tests.faults.torture.workload import Pace, Workload
from tests.faults.torture.world import make_world

PEOPLE, GROUPS, INSTANCES = 12, 4, 3
SCREEN_SECONDS = 10.0


@dataclass(frozen=True)
class Outcome:
    """What a run found. `problems`: actors and instances that died when nobody wanted it."""

    seed: int
    seconds: float
    faults: Counter[str]
    history: History
    verdicts: list[Verdict]
    problems: list[str]

    @property
    def is_whole(self) -> bool:
        return not broken(self.verdicts) and not self.problems

    def report(self) -> str:
        """For people: what was done, then the table."""
        sends = Counter(it.outcome for it in self.history.of(Send))
        frames = sum(1 for _ in self.history.of(Seen))
        told = ", ".join(f"{count} {name}" for name, count in sorted(self.faults.items()))
        lines = [
            f"seed {self.seed}, {self.seconds:.0f} s of faults",
            f"faults: {sum(self.faults.values())} ({told})",
            f"sends: {sends['stored']} acknowledged, {sends['refused']} refused,"
            f" {sends['unknown']} left open; frames seen: {frames}",
            "",
            table(self.verdicts),
            *(f"PROBLEM: {it}" for it in self.problems),
        ]
        return "\n".join(lines)


async def torture(
    seed: int, seconds: float, *, pace: Pace | None = None, is_loud: bool = False
) -> Outcome:
    """Run for `seconds` under faults, heal, let everybody catch up, and check."""
    began = time.monotonic()

    def say(text: str) -> None:
        if is_loud:
            print(f"{time.monotonic() - began:7.1f} s  {text}", file=sys.stderr, flush=True)  # noqa: T201

    # Short, and where every user may pass: Postgres runs as another one.
    with tempfile.TemporaryDirectory(prefix="fynix-torture-") as folder:
        cluster = Cluster(Path(folder), INSTANCES, seed, say)
        try:
            say(f"starting {INSTANCES} instances")
            await cluster.start()
            return await _run(cluster, (seed, seconds), pace or Pace(), say)
        finally:
            await cluster.close()


async def _run(
    cluster: Cluster, plan: tuple[int, float], pace: Pace, say: Callable[[str], None]
) -> Outcome:
    seed, seconds = plan
    world = await make_world(cluster.server, PEOPLE, GROUPS)
    workload = Workload(world, seed, pace)
    await workload.start()
    say(f"{PEOPLE} people in {len(world.conversations)} conversations are talking")
    schedule = Schedule(cluster, seed, say)
    narrator = asyncio.create_task(_narrate(world.history, say))
    try:
        await schedule.run(seconds)
    finally:
        narrator.cancel()
    say("healed; everybody finishes and catches up")
    await workload.finish()

    async def read() -> Truth:
        return await read_truth(cluster.settings)

    truth = await workload.catch_up(read)
    say("checking")
    problems = workload.problems + cluster.deaths
    return Outcome(
        *(seed, seconds, schedule.counts, world.history),
        verdicts=check(world.history, truth),
        problems=problems,
    )


async def _narrate(history: History, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(SCREEN_SECONDS)
        sends = Counter(it.outcome for it in history.of(Send))
        say(f"{sends['stored']} acknowledged, {len(history.observations)} observations")

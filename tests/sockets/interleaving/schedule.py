"""Schedules: made of a seed, run, and made short where they find something."""

from collections.abc import Awaitable, Callable, Sequence
from random import Random

from tests.sockets.interleaving.ground import Ground
from tests.sockets.interleaving.world import World

Step = tuple[str, int]

ALWAYS = {"open": 30, "connect": 6, "resume": 8, "message": 12}
SOMETIMES = {
    "next": 14,
    "deliver": 8,
    "double": 4,
    "lose": 5,
    "look": 4,
    "fail": 3,
    "read": 8,
    "close": 3,
    "edit": 4,
    "delete": 4,
    "move": 10,
    "rename": 2,
    "begin": 2,
}
CONNECTED: list[Step] = [("connect", 0), ("open", 0), ("open", 0), ("connect", 2)]
"""bob's two clients are there, and live."""


def steps_of(rng: Random, *, with_bursts: bool) -> list[Step]:
    """Each schedule has its own few kinds of steps: a little of everything meets less."""
    weights = dict(ALWAYS)
    for kind, weight in SOMETIMES.items():
        if rng.random() < 0.5:
            weights[kind] = weight * rng.choice([1, 1, 3])
    if with_bursts:
        weights["burst"] = 3
    count = rng.randrange(8, 50)
    kinds = rng.choices(list(weights), list(weights.values()), k=count)
    steps = [(kind, rng.randrange(1 << 12)) for kind in kinds]
    return CONNECTED + steps if rng.random() < 0.7 else steps


async def fault_of(ground: Ground, steps: Sequence[Step], max_frames: int) -> str | None:
    """What goes wrong when these steps are taken; None where all is well."""
    world = World(ground, max_frames)
    try:
        for kind, number in steps:
            await world.do(kind, number)
        await world.quieten()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        await world.end()
    return None


async def shortest(
    steps: list[Step], fails: Callable[[Sequence[Step]], Awaitable[str | None]]
) -> list[Step]:
    """Leave out what the fault does without: halves first, then single steps."""
    size = len(steps) // 2
    while size:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            if await fails(fewer):
                steps = fewer
            else:
                start += size
        size //= 2
    return steps

"""Virtual users: each plays the scenario again and again, until the time is up."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fynix_cli.scenario.load.tally import Tally
from fynix_cli.scenario.model.document import Report
from fynix_cli.scenario.model.script import Script
from fynix_cli.scenario.playing.player import Playing, play_script
from fynix_cli.scenario.servers.makers import WorldMaker
from fynix_cli.scenario.servers.world import ServerSpec

BREATHER_SECONDS = 0.5
"""After a failure: a server that refuses everybody is not to be flooded."""
FINISH_SECONDS = 30.0
"""Once the time is up, so long may what has begun take to its end."""
SEEDS_A_USER = 1_000_000


@dataclass(frozen=True)
class LoadPlan:
    """`ramp` and `seconds`: how long it takes until all have begun, and the whole."""

    users: int
    ramp: float
    seconds: float
    seed: int
    max_failures: float


class Crowd:
    """All virtual users of a load. `scripts`: the variants of the scenario, dealt out in turn."""

    def __init__(
        self, scripts: Sequence[Script], maker: WorldMaker, plan: LoadPlan, tally: Tally
    ) -> None:
        # What it must come to is judged over all of it, not over each iteration.
        self._scripts = [_without_report(it) for it in scripts]
        self._maker = maker
        self._plan = plan
        self._tally = tally
        self._ends_at = 0.0
        self.is_server_gone = False

    async def run(self) -> None:
        """Until the time is up and what has begun is done; what takes too long then is cut short.
        Cancelled: everything is, at once."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._ends_at = began + self._plan.seconds
        users = [asyncio.create_task(self._live(it, began)) for it in range(self._plan.users)]
        try:
            left = self._plan.seconds + FINISH_SECONDS
            done, late = await asyncio.wait(
                users, timeout=left, return_when=asyncio.FIRST_EXCEPTION
            )
            self._tally.cut_short = len(late)
            for user in done:
                user.result()
        finally:
            for user in users:
                user.cancel()
            await asyncio.gather(*users, return_exceptions=True)

    async def _live(self, number: int, began: float) -> None:
        starts_at = began + self._plan.ramp * number / self._plan.users
        if not await self._waits_until(starts_at):
            return
        self._tally.users += 1
        script = self._scripts[number % len(self._scripts)]
        turn = number * SEEDS_A_USER
        while not self._is_over():
            turn += 1
            await self._play(script, turn)
        self._tally.users -= 1

    async def _play(self, script: Script, turn: int) -> None:
        how = Playing(seed=self._plan.seed, turn=turn, listeners=[self._tally.listener()])
        outcome = await play_script(script, self._maker, how)
        self._tally.note_outcome(outcome)
        if outcome.is_good:
            return
        async with self._maker.world(ServerSpec()) as world:
            self.is_server_gone = self.is_server_gone or not await world.is_alive()
        await self._waits_until(asyncio.get_running_loop().time() + BREATHER_SECONDS)

    def _is_over(self) -> bool:
        return self.is_server_gone or asyncio.get_running_loop().time() >= self._ends_at

    async def _waits_until(self, moment: float) -> bool:
        """Whether there is time left then."""
        moment = min(moment, self._ends_at)
        await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))
        return not self._is_over()


def _without_report(script: Script) -> Script:
    document = script.document.model_copy(update={"report": Report()})
    return replace(script, document=document)

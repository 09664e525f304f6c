"""Playing one scenario once."""

from collections.abc import Sequence

from fynix_cli.scenario.model.script import Script
from fynix_cli.scenario.playing.journal import Entry
from fynix_cli.scenario.playing.outcome import Outcome
from fynix_cli.scenario.runner import RunPlan, run
from fynix_cli.scenario.servers.makers import WorldMaker


class _Watcher:
    """Keeps what came of it."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def begun(self, number: int, script: Script, maker: WorldMaker) -> None:
        """Nothing to be kept of it."""

    def happened(self, number: int, entry: Entry) -> None:
        """Nor of this."""

    def ended(self, number: int, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


async def played_once(
    script: Script, maker: WorldMaker, seed: int, command: Sequence[str]
) -> Outcome:
    """What came of it. `command`: what `fynix scenario run` is told besides, to do it again."""
    watcher = _Watcher()
    await run([(script, maker)], RunPlan(seed=seed, command=command), watcher)
    return watcher.outcomes[0]

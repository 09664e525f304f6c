"""A minute of faults on real processes, with a fixed seed: every promise holds."""

import pytest

from tests.faults.torture.run import torture

SEED = 7
FAULT_SECONDS = 60.0


@pytest.mark.timeout(240)
async def test_a_minute_of_faults_breaks_no_promise() -> None:
    outcome = await torture(SEED, FAULT_SECONDS)

    assert outcome.is_whole, outcome.report()
    assert all(verdict.observations for verdict in outcome.verdicts), outcome.report()
    assert outcome.faults.total() > 0

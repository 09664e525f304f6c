"""How long to wait before trying again."""

import random


def full_jitter(attempt: int, base_seconds: float, cap_seconds: float) -> float:
    """Anything from nothing to a bound that doubles with each `attempt` (from 0) up to a cap.

    The whole range and not only a fringe of it: clients that one server lost at the same moment
    must not all come back at the same moment.
    """
    # A float overflows at 2**1024; past 2**32 the cap has long won.
    return random.uniform(0, min(cap_seconds, base_seconds * 2.0 ** min(attempt, 32)))

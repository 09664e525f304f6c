"""`make torture MINUTES=10 SEED=1`: one run, its table on stdout. Exits 1 on a broken promise."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.faults.torture.run import torture


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long faults are injected")
    parser.add_argument("--seed", type=int, default=1, help="decides the faults and who does what")
    parser.add_argument("--history", type=Path, help="write every observation there, as JSON lines")
    options = parser.parse_args()
    outcome = asyncio.run(torture(options.seed, options.minutes * 60, is_loud=True))
    if options.history is not None:
        outcome.history.write(options.history)
    sys.stdout.write(outcome.report() + "\n")
    return 0 if outcome.is_whole else 1


if __name__ == "__main__":
    sys.exit(main())

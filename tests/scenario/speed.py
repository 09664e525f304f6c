"""How quickly scenarios are played: `make speed` prints the figures.

Aims: the hello file in under 2 s, from the command to its end; a hundred short ones with
`--jobs 2` in under 60 s.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELLO = Path(__file__).parents[2] / "config" / "scenarios" / "hello-and-receipt.fynix.yaml"
RUN = (sys.executable, "-c", "from fynix_cli.main import main; main()", "scenario", "run")
TIMES = 7
MANY = 100


def seconds_of(*words: str) -> float:
    """How long a run takes as a whole process. Raises: CalledProcessError (it failed)."""
    began = time.monotonic()
    subprocess.run([*RUN, *words], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def main() -> None:
    seconds_of(str(HELLO))  # makes the empty database that the others copy
    hello = [seconds_of(str(HELLO)) for _ in range(TIMES)]
    print(f"hello, {TIMES} times: median {statistics.median(hello):.2f} s, most {max(hello):.2f} s")  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        for number in range(MANY):
            Path(folder, f"{number:03}.fynix.yaml").write_text(HELLO.read_text())
        many = seconds_of(folder, "--jobs", "2")
    print(f"{MANY} scenarios, --jobs 2: {many:.1f} s, {many / MANY * 1000:.0f} ms each")  # noqa: T201


if __name__ == "__main__":
    main()

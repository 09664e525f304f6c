"""The very beginning of the script."""

import signal
import subprocess
import sys

import pytest

INTERRUPTED_AMID_IMPORTS = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, {handler})
sys.meta_path.insert(0, Interrupting())
sys.argv = ["fynix", "--version"]
from fynix_cli.entry import main
main()
"""


@pytest.mark.parametrize(
    ("handler", "code", "out"),
    [("signal.default_int_handler", -signal.SIGINT, ""), ("signal.SIG_IGN", 0, "fynix ")],
    ids=["in front", "in the background, where it is ignored"],
)
def test_an_interrupt_while_python_loads_is_no_traceback(handler: str, code: int, out: str) -> None:
    program = INTERRUPTED_AMID_IMPORTS.format(handler=handler)

    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith(out)

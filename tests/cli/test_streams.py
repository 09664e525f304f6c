"""The command line where the shell has closed a stream of it."""

import subprocess
import sys

import pytest

from fynix_cli.exit_codes import ExitCode

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its shell closes no stream")
SCRIPT = "from fynix_cli.main import main; main()"
NOBODY_LISTENS = "http://127.0.0.1:9"


def fynix(redirections: str, arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -c "$1" {arguments} {redirections}', sys.executable, SCRIPT],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_as_one_that_nobody_is_at(closed: str) -> None:
    version = fynix(closed, "--version")
    refused = fynix(closed, f"send bob - --server {NOBODY_LISTENS} --as nobody")

    assert (version.returncode, refused.returncode) == (ExitCode.OK, ExitCode.NOT_ALLOWED)
    assert "unexpected" not in version.stderr + refused.stderr

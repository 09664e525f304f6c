"""What `fynix serve` says when its settings cannot be used. It never gets as far as serving."""

import os
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.serving.listening import listen
from tests.cli.terminal import Terminal

KEY = "a-secret-that-only-these-tests-use-0123456789"
NOBODY_THERE = "postgresql+asyncpg://x@127.0.0.1:1/x"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of a machine on which nothing is set but where data goes."""
    for name in os.environ:
        if name.startswith("FYNIX_") or name in ("DATABASE_URL", "REDIS_URL", "JWT_SECRET_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FYNIX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FYNIX_CONFIG_DIR", str(tmp_path / "config"))
    return Terminal(os.environ)


@pytest.mark.parametrize(
    ("variables", "code", "named"),
    [
        ({"DATABASE_URL": "mysql://localhost/fynix"}, ExitCode.FAILED, "DATABASE_URL"),
        ({"DATABASE_URL": "not a url"}, ExitCode.FAILED, "DATABASE_URL"),
        ({"REDIS_URL": "memcached://localhost"}, ExitCode.FAILED, "REDIS_URL"),
        ({"JWT_SECRET_KEY": "short"}, ExitCode.FAILED, "JWT_SECRET_KEY"),
        ({"FYNIX_ENV": "production"}, ExitCode.FAILED, "JWT_SECRET_KEY"),
        ({"DATABASE_URL": NOBODY_THERE}, ExitCode.FAILED, "JWT_SECRET_KEY"),
        ({"FYNIX_WORKERS": "2"}, ExitCode.FAILED, "REDIS_URL"),
        ({"FYNIX_RATE_LIMIT_MESSAGES": "many"}, ExitCode.FAILED, "FYNIX_RATE_LIMIT_MESSAGES"),
        ({"FYNIX_METRICS_ADDRESS": "9100"}, ExitCode.FAILED, "write it like 127.0.0.1:9100"),
        ({"FYNIX_METRICS_ADDRESS": "127.0.0.1:99999"}, ExitCode.FAILED, "FYNIX_METRICS_ADDRESS"),
        ({"FYNIX_METRICS_ADDRESS": "nowhere.invalid:1"}, ExitCode.FAILED, "FYNIX_METRICS_ADDRESS"),
        ({"FRONTEND_ORIGIN": "chat.example.com"}, ExitCode.FAILED, "https://chat.example.com"),
        ({"FRONTEND_ORIGIN": "https://a.example,*"}, ExitCode.FAILED, "FRONTEND_ORIGIN: '*'"),
        ({"FRONTEND_ORIGIN": "https://a.example/app"}, ExitCode.FAILED, "FRONTEND_ORIGIN"),
        ({"FYNIX_DATA_DIR": "/proc/fynix"}, ExitCode.FAILED, "FYNIX_DATA_DIR"),
        (
            {"DATABASE_URL": NOBODY_THERE, "JWT_SECRET_KEY": KEY},
            ExitCode.UNREACHABLE,
            "127.0.0.1:1",
        ),
    ],
)
async def test_settings_that_cannot_be_used_are_named_in_one_line(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    code: ExitCode,
    named: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    refused = await terminal.run("serve", "--port", "0", expect=code)

    assert refused.out == ""
    assert refused.err.count("\n") == 1
    assert "Traceback" not in refused.err
    assert named in refused.err


async def test_a_metrics_address_that_is_taken_is_one_line_before_anything_begins(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listen("127.0.0.1", 0) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("FYNIX_METRICS_ADDRESS", address)

        refused = await terminal.run("serve", "--port", "0", expect=ExitCode.FAILED)

    assert refused.err.startswith("fynix: FYNIX_METRICS_ADDRESS: port ")
    assert refused.err.count("\n") == 1

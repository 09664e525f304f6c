"""Logs: JSON lines that never hold a message's text, a token or a password."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from fynix_server.logs import configure_logs, redact_secrets
from fynix_server.settings import load_settings

SECRET = "the words that nobody may read"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def restored_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_json_object_with_the_request_it_belongs_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(load_settings(log_format="json"))
    structlog.contextvars.bind_contextvars(request_id="r-1")

    structlog.get_logger("fynix_server.x").info("session_opened", user="alice\nbob")
    logging.getLogger("hypercorn.error").warning("slow %s", "client")

    own, foreign = logged(capsys)
    assert own["event"] == "session_opened"
    assert own["user"] == "alice\nbob"
    assert own["logger"] == "fynix_server.x"
    assert foreign["event"] == "slow client"
    assert own["request_id"] == foreign["request_id"] == "r-1"
    assert own["timestamp"].endswith("Z")


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(load_settings(log_format="json", log_level="warning"))

    structlog.get_logger("fynix_server.x").info("quiet")
    structlog.get_logger("fynix_server.x").warning("loud")

    assert [it["event"] for it in logged(capsys)] == ["loud"]


def test_configuring_again_does_not_log_twice(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(load_settings(log_format="json", log_level="error"))
    configure_logs(load_settings(log_format="json", log_level="info"))

    structlog.get_logger("fynix_server.x").info("once")

    assert [it["event"] for it in logged(capsys)] == ["once"]


@pytest.mark.parametrize(
    "event",
    [
        {"token": SECRET},
        {"Authorization": SECRET},
        {"headers": {"refresh-token": SECRET}},
        {"frames": [{"message": {"content": SECRET}}]},
        {"path": "/api/ws?ticket=the%20words"},
        {"offered": ["fynix.v1", f"bearer.{TOKEN}"]},
        {"text": f"Bearer {TOKEN}"},
        {"text": f"invalid: {TOKEN}"},
        {"url": "postgresql+asyncpg://fynix:the%20words@db/fynix"},
        {"text": f"[parameters: ('{SECRET}',)]"},
    ],
)
def test_a_secret_is_blanked_out_wherever_it_stands(event: dict[str, Any]) -> None:
    shown = str(redact_secrets(None, "info", {"event": "x", **event}))

    assert "the words" not in shown
    assert "the%20words" not in shown
    assert TOKEN not in shown
    assert "[redacted]" in shown


def test_harmless_text_is_left_as_it_is() -> None:
    event = {"event": "ready? yes", "url": "http://127.0.0.1:8000/docs", "count": 3, "ok": True}

    assert redact_secrets(None, "info", dict(event)) == event


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_failed_statement_is_logged_without_its_parameters(
    capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    configure_logs(load_settings(log_format=log_format))
    statement = text("INSERT INTO nowhere VALUES (:content)")

    try:
        with create_engine("sqlite://").begin() as connection:
            connection.execute(statement, {"content": SECRET})
    except OperationalError:
        structlog.get_logger("fynix_server.x").exception("request_failed")

    lines = capsys.readouterr().err
    assert "no such table: nowhere" in lines
    assert SECRET not in lines


def test_debug_does_not_make_libraries_log_statements(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(load_settings(log_format="json", log_level="debug"))

    with create_engine("sqlite://").begin() as connection:
        connection.execute(text("SELECT :content"), {"content": SECRET})

    assert capsys.readouterr().err == ""

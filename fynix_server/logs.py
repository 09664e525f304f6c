"""Logs: one event a line on stderr, JSON or coloured, and never a message's text or a token."""

import logging
import os
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from fynix_server.settings import Settings

REDACTED = "[redacted]"

_SECRET_KEYS = frozenset(
    {
        "access_token",
        "authorization",
        "content",
        "cookie",
        "jwt_secret_key",
        "password",
        "query_string",
        "refresh_token",
        "sec_websocket_protocol",
        "ticket",
        "token",
    }
)
_SECRET_TEXTS = re.compile(
    r"(?P<query>(?<=[^\s?])\?)[^\s?\"'<>]*=[^\s\"'<>]*"  # /api/ws?token=…
    r"|(?P<login>://[^\s:/@]*:)[^\s/@]+(?=@)"  # postgresql://user:password@host
    r"|(?P<scheme>\b(?:bearer|ticket)[ .])[\w.~+/=-]+"
    r"|(?P<jwt>\beyJ)[\w-]+\.[\w-]+\.[\w-]+"
    # SQLAlchemy and Postgres repeat a failing row, and with it a message's text.
    r"|(?P<row>\[parameters: |DETAIL: )[^\n]*",
    re.IGNORECASE,
)
# Third parties log statements, parameters and whole frames when they are asked for details.
_OWN_LOGGERS = ("fynix_server", "fynix_cli", "hypercorn", "quart.app")


_PROCESSORS: list[Processor] = []
"""One list for good: loggers keep it from their first line on."""


class _StderrHandler(logging.StreamHandler[TextIO]):
    """The one handler that `configure_logs` adds."""


def configure_logs(settings: Settings) -> None:
    """Send every log of this process, the standard library's too, to stderr as settings say.

    What is bound with `structlog.contextvars.bind_contextvars(request_id=…)` is on every line
    of that request. May be called again, with other settings.
    """
    level = logging.getLevelName(settings.log_level.upper())
    # In front of the renderer for both kinds of log; secrets go last, when all is text.
    shared: list[Processor] = [
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_secrets,
    ]
    _PROCESSORS[:] = [
        structlog.stdlib.filter_by_level,
        *shared,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ]
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # Else each line, said or not, makes a logger.
        cache_logger_on_first_use=True,
    )
    handler = _StderrHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(settings.log_format),
            ],
        )
    )
    root = logging.getLogger()
    # Ours of an earlier call goes; handlers of others, a test runner's say, stay.
    root.handlers[:] = [it for it in root.handlers if not isinstance(it, _StderrHandler)]
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    for name in _OWN_LOGGERS:
        logging.getLogger(name).setLevel(level)


def redact_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank out secrets: by the name of a key, and by the look of a text, at any depth."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: str, value: Any) -> Any:
    if key.lower().replace("-", "_") in _SECRET_KEYS:
        return REDACTED
    # A record of the standard library travels through structlog under such a key.
    if key.startswith("_") or value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _redacted(str(name), item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", item) for item in value]
    return _SECRET_TEXTS.sub(_blank_out, str(value))


def _blank_out(match: re.Match[str]) -> str:
    return match[match.lastgroup or 0] + REDACTED


def _renderer(log_format: str) -> Processor:
    on_terminal = sys.stderr.isatty()
    if log_format == "json" or (log_format == "auto" and not on_terminal):
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=on_terminal and not os.environ.get("NO_COLOR"),
        # The default prints the local variables of every frame: messages and tokens.
        exception_formatter=structlog.dev.plain_traceback,
    )

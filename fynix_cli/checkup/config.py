"""Whether the settings can be used, whether they are settings at all, and what is unwise."""

import os
from collections.abc import AsyncIterator, Iterator
from difflib import get_close_matches

from fynix_cli.checkup.check import Found, Teller
from fynix_cli.checkup.surroundings import FIELDS, Surroundings
from fynix_cli.serving.listening import is_loopback
from fynix_server.settings import Settings

OF_THE_TERMINAL = (
    "FYNIX_CLEANUP_AUDIT_AFTER",
    "FYNIX_CLEANUP_DELETED_AFTER",
    "FYNIX_CLEANUP_EVENTS_AFTER",
    "FYNIX_CLEANUP_RECEIPTS_AFTER",
    "FYNIX_CLEANUP_SESSIONS_AFTER",
    "FYNIX_CONFIG_DIR",
    "FYNIX_DEBUG",
    "FYNIX_EVENT_CONTENT",
    "FYNIX_EVENT_CONVERSATION_ID",
    "FYNIX_EVENT_MESSAGE_ID",
    "FYNIX_EVENT_SENDER",
    "FYNIX_EVENT_SEQ",
    "FYNIX_EVENT_TYPE",
    "FYNIX_PASSWORD",
    "FYNIX_PROFILE",
    "FYNIX_PUBLIC_ADDRESS",
    "FYNIX_SCENARIO_SERVER",
    "FYNIX_SERVER",
)
"""Variables that are no settings of the server: the command's own, and docker-compose.yml's."""

FEW_CHARACTERS = 10
"""A key of 32 characters that has fewer different ones was typed, not made."""

_tell = Teller("config")


async def check_config(around: Surroundings) -> AsyncIterator[Found]:
    """The settings of this shell. What a variable holds is never told: it may be a secret."""
    given = [name for name in os.environ if name.upper() in FIELDS]
    if not around.problems:
        yield _tell.ok("settings", f"can be used; {len(given)} of {len(FIELDS)} are set here")
    for it in around.problems:
        yield _tell.failed(it.variable, it.text, it.mend)
    for found in _unknown_variables():
        yield found
    if around.why_unknown("jwt_secret_key") is None:
        yield _secret(around.settings)
    for found in _of_environment(around.settings):
        yield found


def _unknown_variables() -> Iterator[Found]:
    known = {*FIELDS, *OF_THE_TERMINAL}
    # Settings may be written in any case.
    named = {it for it in os.environ if it.upper().startswith("FYNIX_")}
    unknown = {it for it in named if it.upper() not in known}
    for name in sorted(unknown):
        yield _tell.warning(name, "there is no such setting, so it does nothing", _meant(name))
    if not unknown:
        yield _tell.ok("variables", "every FYNIX_ variable here is a setting")


def _meant(name: str) -> str:
    # Compared without what all of them begin with, which would make any two alike.
    known = {it.removeprefix("FYNIX_"): it for it in (*FIELDS, *OF_THE_TERMINAL)}
    nearest = get_close_matches(name.upper().removeprefix("FYNIX_"), known, n=1)
    return f"did you mean {known[nearest[0]]}?" if nearest else f"unset {name}"


def _secret(settings: Settings) -> Found:
    key = settings.jwt_secret_key
    if key is None:
        return _tell.ok("secret", f"one of its own, kept in {settings.data_dir / 'jwt_secret'}")
    if len(set(key.get_secret_value())) < FEW_CHARACTERS:
        return _tell.warning(
            "secret",
            "JWT_SECRET_KEY is long enough, but of few different characters: it can be guessed",
            "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    return _tell.ok("secret", f"JWT_SECRET_KEY has {len(key.get_secret_value())} characters")


def _of_environment(settings: Settings) -> Iterator[Found]:
    if settings.env == "production":
        advice = list(_advice(settings))
        yield from advice
        if not advice:
            yield _tell.ok("production", "nothing is set that one would advise against")
    elif not is_loopback(settings.host):
        yield _tell.warning(
            "environment",
            f"development, and others reach {settings.host}",
            "set FYNIX_ENV=production, or FYNIX_HOST=127.0.0.1",
        )
    else:
        yield _tell.ok("environment", f"development, on this machine only{_refused(settings)}")


def _refused(settings: Settings) -> str:
    """What of these settings production would refuse."""
    if settings.jwt_secret_key is None:
        return "; production would refuse to start without JWT_SECRET_KEY"
    return ""


def _advice(settings: Settings) -> Iterator[Found]:
    if settings.is_sqlite:
        yield _tell.warning(
            "DATABASE_URL",
            "SQLite in production: one process, on one machine",
            "set DATABASE_URL=postgresql+asyncpg://USER:PASSWORD@HOST:5432/NAME",
        )
    if settings.is_fakeredis:
        yield _tell.warning(
            "REDIS_URL",
            "no Redis in production: limits and events are this process's alone",
            "set REDIS_URL=redis://HOST:6379/0",
        )
    if settings.rate_limits == "off":
        yield _tell.warning(
            "FYNIX_RATE_LIMITS",
            "nobody is limited, and passwords may be guessed at any pace",
            "set FYNIX_RATE_LIMITS=on",
        )
    yield from _advice_on_what_is_open(settings)


def _advice_on_what_is_open(settings: Settings) -> Iterator[Found]:
    if settings.metrics_address is None and settings.workers == 1:
        yield _tell.warning(
            "FYNIX_METRICS_ADDRESS",
            "/metrics is open to whoever reaches the server",
            "set FYNIX_METRICS_ADDRESS=127.0.0.1:9100, or let the proxy refuse /metrics",
        )
    if any(it.startswith("http://") for it in settings.allowed_origins):
        yield _tell.warning(
            "FRONTEND_ORIGIN",
            "a page without TLS may call the server",
            "write its origin with https://",
        )

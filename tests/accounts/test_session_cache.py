"""The cache of sessions: quick, bounded, and never a way back for a revoked one."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from fynix_server.session_cache import TRUSTED_FOR_SECONDS, SessionCache, SessionState

SESSION_ID = UUID(int=1)
STATE = SessionState(
    user_id=UUID(int=2),
    username="alice",
    role="user",
    status="active",
    status_until=None,
    expires_at=datetime(2030, 1, 1, tzinfo=UTC),
    is_revoked=False,
)


def test_a_session_is_trusted_for_five_seconds_and_then_asked_for_again() -> None:
    now = 100.0
    cache = SessionCache(lambda: now)
    cache.put(SESSION_ID, STATE, cache.generation)

    now += TRUSTED_FOR_SECONDS - 0.1
    assert cache.get(SESSION_ID) == STATE
    now += 0.1
    assert cache.get(SESSION_ID) is None


def test_a_forgotten_session_is_asked_for_again_at_once() -> None:
    cache = SessionCache()
    cache.put(SESSION_ID, STATE, cache.generation)

    cache.forget(SESSION_ID)

    assert cache.get(SESSION_ID) is None


def test_a_query_that_was_under_way_during_a_revocation_does_not_undo_it() -> None:
    cache = SessionCache()
    generation = cache.generation
    cache.forget(SESSION_ID)

    cache.put(SESSION_ID, STATE, generation)

    assert cache.get(SESSION_ID) is None


def test_the_least_recently_used_leave_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fynix_server.session_cache._CACHED_SESSIONS", 2)
    cache = SessionCache()
    first, second, third = UUID(int=1), UUID(int=2), UUID(int=3)

    for session_id in (first, second):
        cache.put(session_id, STATE, cache.generation)
    cache.get(first)
    cache.put(third, STATE, cache.generation)

    assert cache.get(first)
    assert cache.get(third)
    assert cache.get(second) is None

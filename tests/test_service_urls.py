"""URLs that cannot be taken apart are refused, and no part of a password is told."""

import pytest

from fynix_server.service_urls import check_database_url, check_redis_url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://fynix:letters@db.example:5432/fynix",
        "postgresql://fynix:a%40b%2Fc%23d@db.example/fynix?ssl=require",
        "postgres://fynix@[::1]:5432/fynix",
        "postgresql+asyncpg:///fynix?host=/var/run/postgresql",
        "sqlite+aiosqlite:////var/lib/fynix/a@b.db",
    ],
)
def test_a_database_that_can_be_found_is_taken(url: str) -> None:
    check_database_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://fynix:hid@den@db.example:5432/fynix",
        "postgresql+asyncpg://fynix:hid@den:hidden@db.example:5432/fynix",
        "postgresql+asyncpg://fynix:hidden@db.example:hidden/fynix",
        "postgresql+asyncpg://fynix:hidden@db.example:99999/fynix",
        "postgresql+asyncpg://fynix:hidden@db.example/fynix?sslmode=require",
    ],
)
def test_a_database_that_cannot_be_found_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"^DATABASE_URL: .+; write ") as refused:
        check_database_url(url)

    assert "hid" not in str(refused.value)
    assert "den" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost:6379/0",
        "redis://:let%2Fters@redis.example/0",
        "rediss://fynix:a@b@redis.example:6380/0?ssl_cert_reqs=none",
        "redis://[::1]:6379/0",
        "unix:///run/redis@1.sock",
        "fakeredis://",
    ],
)
def test_a_redis_that_can_be_found_is_taken(url: str) -> None:
    check_redis_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hid/den@redis.example:6379/0",
        "redis://:123/hidden@redis.example:6379/0",
        "redis://:hid#den@redis.example:6379/0",
        "redis://:hid?den@redis.example:6379/0",
        "redis://redis.example:99999/0",
        "redis://[::1/0",
    ],
)
def test_a_redis_that_cannot_be_found_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"^REDIS_URL: .+; write ") as refused:
        check_redis_url(url)

    assert "hid" not in str(refused.value)
    assert "123" not in str(refused.value)

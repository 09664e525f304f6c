"""Settings that cannot be used, that are none, and that are unwise."""

import os

import pytest

from fynix_cli.checkup.check import Found, State
from fynix_cli.checkup.config import OF_THE_TERMINAL, check_config
from fynix_cli.checkup.surroundings import FIELDS, look_around
from fynix_cli.reference.page import terminal_variables
from fynix_server.settings import Settings, environment_name
from tests.checkup.findings import findings_around
from tests.contracts.test_settings_documented import documented

KEY = "a-secret-that-only-these-tests-use-0123456789"
PRODUCTION = {
    "FYNIX_ENV": "production",
    "JWT_SECRET_KEY": KEY,
    "DATABASE_URL": "postgresql+asyncpg://fynix:letters@db.example/fynix",
    "REDIS_URL": "redis://redis.example/0",
    "FYNIX_METRICS_ADDRESS": "127.0.0.1:9100",
    "FRONTEND_ORIGIN": "https://chat.example.com",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [it for it in os.environ if it.startswith("FYNIX_")]:
        monkeypatch.delenv(name)
    for field in Settings.model_fields:
        monkeypatch.delenv(environment_name(field), raising=False)


async def found_with(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Found]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return await findings_around(check_config, look_around())


def test_every_variable_that_is_documented_is_known() -> None:
    named = {it for it in (*documented(), *terminal_variables()) if it.startswith("FYNIX_")}

    assert named <= {*FIELDS, *OF_THE_TERMINAL}


async def test_with_nothing_set_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await found_with(monkeypatch)

    assert {it.state for it in found.values()} == {State.ok}
    assert "0 of" in found["settings"].found


async def test_every_setting_that_cannot_be_used_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await found_with(
        monkeypatch,
        FYNIX_PORT="eighty",
        DATABASE_URL="mysql://somewhere",
        REDIS_URL="http://somewhere",
        JWT_SECRET_KEY="short",
    )

    failed = {name for name, it in found.items() if it.state is State.failed}
    assert failed == {"FYNIX_PORT", "DATABASE_URL", "REDIS_URL", "JWT_SECRET_KEY"}
    assert "8000" in str(found["FYNIX_PORT"].mend)
    assert "python" in str(found["JWT_SECRET_KEY"].mend)
    assert "short" not in str(found["JWT_SECRET_KEY"].mend)


async def test_workers_that_want_another_database_do_not_hide_that_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FYNIX_WORKERS", "3")

    around = look_around()

    assert [it.variable for it in around.problems] == ["REDIS_URL"]
    assert around.settings.workers == 1
    assert around.why_unknown("database_url") is None


async def test_a_setting_that_is_none_is_a_warning_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await found_with(
        monkeypatch,
        FYNIX_PROT="8001",
        FYNIX_DATABASE_URL="x",
        FYNIX_QWXZ="1",
        FYNIX_SERVER="x",
        fynix_host="127.0.0.1",
    )

    assert found["FYNIX_PROT"].state is State.warning
    assert found["FYNIX_PROT"].mend == "did you mean FYNIX_PORT?"
    assert found["FYNIX_DATABASE_URL"].mend == "did you mean DATABASE_URL?"
    assert found["FYNIX_QWXZ"].mend == "unset FYNIX_QWXZ"
    assert "FYNIX_SERVER" not in found
    assert "fynix_host" not in found
    assert "variables" not in found


async def test_a_secret_that_was_typed_is_a_warning_which_does_not_tell_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await found_with(monkeypatch, JWT_SECRET_KEY="abc" * 20)

    assert found["secret"].state is State.warning
    assert "abcabc" not in found["secret"].found


async def test_production_as_it_should_be_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await found_with(monkeypatch, **PRODUCTION)

    assert {it.state for it in found.values()} == {State.ok}
    assert "production" in found


async def test_production_refuses_a_generated_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await found_with(monkeypatch, **{**PRODUCTION, "JWT_SECRET_KEY": ""})

    assert found["JWT_SECRET_KEY"].state is State.failed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("REDIS_URL", ""),
        ("FYNIX_RATE_LIMITS", "off"),
        ("FYNIX_METRICS_ADDRESS", ""),
        ("FRONTEND_ORIGIN", "http://chat.example.com"),
    ],
)
async def test_what_is_unwise_in_production_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    found = await found_with(monkeypatch, **{**PRODUCTION, name: value})

    assert [it.name for it in found.values() if it.state is not State.ok] == [name]
    assert found[name].state is State.warning


async def test_development_that_others_reach_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await found_with(monkeypatch, FYNIX_HOST="192.0.2.1")

    assert found["environment"].state is State.warning
    assert "FYNIX_ENV=production" in str(found["environment"].mend)

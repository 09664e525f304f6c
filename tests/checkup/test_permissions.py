"""Files of a server: closed to others, open to others, and not to be written to."""

from pathlib import Path
from typing import Any

import pytest

from fynix_cli.checkup.check import State
from fynix_cli.checkup.permissions import check_permissions
from fynix_server.settings import Settings, load_settings
from tests.checkup.findings import findings
from tests.conftest import COMMON


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("FYNIX_CONFIG_DIR", str(folder))
    return folder


def settings_in(folder: Path) -> Settings:
    without_secret: dict[str, Any] = {**COMMON, "jwt_secret_key": None}
    return load_settings(data_dir=folder, **without_secret)


async def test_what_fynix_makes_itself_is_well(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    settings.secret_key()
    (tmp_path / "data" / "fynix.db").touch()

    found = await findings(check_permissions, settings)

    assert {name: it.state for name, it in found.items()} == {
        "data_folder": State.ok,
        "secret_file": State.ok,
        "database_file": State.ok,
    }


async def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = await findings(check_permissions, settings_in(tmp_path / "a" / "b"))

    assert found["data_folder"].state is State.ok
    assert not (tmp_path / "a").exists()


async def test_what_others_may_look_into_is_told_with_the_command_that_closes_it(
    tmp_path: Path, config: Path
) -> None:
    folder = tmp_path / "data"
    settings = settings_in(folder)
    settings.secret_key()
    secrets = (folder / "jwt_secret", folder / "stack.env", config / "profiles.json")
    for path in secrets:
        path.touch()
        path.chmod(0o644)
    (folder / "fynix.db").touch()
    folder.chmod(0o755)

    found = await findings(check_permissions, settings)

    assert found["data_folder"].state is State.warning
    assert found["data_folder"].mend == f"chmod 700 {folder}"
    for name, path in zip(("secret_file", "stack_file", "logins_file"), secrets, strict=True):
        assert found[name].state is State.failed
        assert found[name].mend == f"chmod 600 {path}"
    assert found["database_file"].state is State.warning


async def test_a_data_folder_that_is_a_file_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    found = await findings(check_permissions, settings_in(tmp_path / "data"))
    below = await findings(check_permissions, settings_in(tmp_path / "data" / "more"))

    assert found["data_folder"].state is State.failed
    assert below["data_folder"].state is State.failed
    assert "FYNIX_DATA_DIR" in str(below["data_folder"].mend)


@pytest.mark.parametrize("stack", ["full"])
async def test_with_postgres_there_is_no_database_file(settings: Settings) -> None:
    found = await findings(check_permissions, settings)

    assert set(found) == {"data_folder"}

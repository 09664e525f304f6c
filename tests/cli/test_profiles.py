"""Profiles: kept safely, shared between processes, never mixed up."""

import asyncio
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fynix_cli.client.tokens import TokenPair
from fynix_cli.errors import CommandError, NotLoggedIn
from fynix_cli.exit_codes import ExitCode
from fynix_cli.profiles import Profile, Profiles, ProfileTokens
from fynix_cli.session import matching_profile

SERVER = "http://127.0.0.1:8000"


def profile(name: str) -> Profile:
    return Profile(
        name=name,
        server=SERVER,
        username=name,
        user_id="0198c0de-0000-7000-8000-000000000001",
        access_token="secret-1",
        refresh_token="secret-2",
    )


def test_the_latest_login_is_the_current_one_and_others_stay(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path)

    profiles.save(profile("bob"))
    profiles.save(profile("alice"))

    assert profiles.require(None).name == "alice"
    assert profiles.require("bob").name == "bob"


def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "fynix"
    Profiles(folder).save(profile("alice"))

    assert stat.S_IMODE((folder / "profiles.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.glob(".profiles-*")] == []


def test_tokens_are_not_shown_by_repr() -> None:
    assert "secret" not in repr(profile("alice"))
    assert "secret" not in repr(TokenPair("secret-1", "secret-2"))


def test_after_a_logout_nobody_is_current_rather_than_somebody_else(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path)
    profiles.save(profile("bob"))
    profiles.save(profile("alice"))

    profiles.remove("alice")

    with pytest.raises(NotLoggedIn, match="--as bob"):
        profiles.require(None)
    assert profiles.require("bob").name == "bob"


def test_renewed_tokens_do_not_bring_a_logged_out_profile_back(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path)
    profiles.save(profile("alice"))
    profiles.remove("alice")

    profiles.update_tokens("alice", TokenPair("new", "newer"))

    assert profiles.find("alice") is None


def test_renewing_the_tokens_of_one_does_not_change_who_is_current(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path)
    profiles.save(profile("bob"))
    profiles.save(profile("alice"))

    ProfileTokens(profiles, "bob").save(TokenPair("new", "newer"))

    assert profiles.require(None).name == "alice"
    assert ProfileTokens(profiles, "bob").load() == TokenPair("new", "newer")


def test_tokens_go_to_no_other_server_than_their_own(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path)
    profiles.save(profile("alice"))

    assert matching_profile(profiles, "alice", SERVER + "/").name == "alice"
    with pytest.raises(NotLoggedIn, match=r"--server https://elsewhere\.example"):
        matching_profile(profiles, "alice", "https://elsewhere.example")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"profiles": 3}', '{"profiles": {"a": {}}}'])
def test_a_damaged_file_is_named_and_not_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "profiles.json"
    path.write_text(text)
    profiles = Profiles(tmp_path)

    with pytest.raises(CommandError, match="damaged"):
        profiles.require(None)
    with pytest.raises(CommandError, match="damaged"):
        profiles.save(profile("alice"))

    assert path.read_text() == text


def test_a_folder_that_cannot_be_made_is_named_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandError, match="FYNIX_CONFIG_DIR") as caught:
        Profiles(tmp_path / "file" / "fynix").save(profile("alice"))

    assert caught.value.exit_code == ExitCode.FAILED


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b", "x" * 65])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match="cannot name a profile"):
        Profiles(tmp_path).save(profile(name))


def test_processes_that_save_at_once_lose_nothing(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from fynix_cli.profiles import Profile, Profiles\n"
        "for number in range(10):\n"
        "    name = f'{sys.argv[2]}-{number}'\n"
        "    Profiles(Path(sys.argv[1])).save(Profile(name, 'http://x', name, 'id', 'a', 'r'))\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(writer)])
        for writer in range(4)
    ]

    assert [process.wait(30) for process in processes] == [0, 0, 0, 0]
    assert len(json.loads((tmp_path / "profiles.json").read_text())["profiles"]) == 40


async def test_only_one_at_a_time_may_renew_a_profile(tmp_path: Path) -> None:
    tokens = [ProfileTokens(Profiles(tmp_path), "alice") for _ in range(3)]
    inside, most = 0, 0

    async def renew(store: ProfileTokens) -> None:
        nonlocal inside, most
        async with store.renewing():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(renew(store) for store in tokens))

    assert most == 1


async def test_renewing_one_profile_does_not_hold_up_another(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path)

    async with (
        asyncio.timeout(5),
        ProfileTokens(profiles, "alice").renewing(),
        ProfileTokens(profiles, "bob").renewing(),
    ):
        profiles.save(profile("carol"))

    assert profiles.require(None).name == "carol"

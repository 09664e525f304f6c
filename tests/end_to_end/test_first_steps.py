"""Starting a server, and what is said when that cannot be done."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from fynix_cli.stack.process import free_port
from tests.end_to_end.server_process import ServerProcess, environment, fynix


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    running = await ServerProcess.start(environment(tmp_path), "--demo")
    yield running
    await running.kill()


def _is_one_line(text: str) -> bool:
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text


async def test_a_second_server_on_a_taken_port_says_so_in_one_line(
    server: ServerProcess, tmp_path: Path
) -> None:
    port = server.url.rpartition(":")[2]

    second = await fynix(environment(tmp_path), "serve", "--port", port)

    assert second.code == 1
    assert _is_one_line(second.err)
    assert port in second.err


async def test_a_second_start_keeps_the_people_and_their_messages(
    server: ServerProcess, tmp_path: Path
) -> None:
    env = environment(tmp_path, FYNIX_SERVER=server.url, FYNIX_PASSWORD="fynix-demo")
    await fynix(env, "login", "alice")
    sent = await fynix(env, "send", "bob", "still here?")
    assert await server.stop() == 0

    again = await ServerProcess.start(environment(tmp_path), "--demo")
    try:
        other = env | {"FYNIX_SERVER": again.url}
        await fynix(other, "login", "bob")
        read = await fynix(other, "messages", "alice", "-o", "jsonl")
    finally:
        assert await again.stop() == 0

    assert sent.code == 0
    assert '"content": "still here?"' in read.out


async def test_what_was_acknowledged_is_there_after_kill_9(
    server: ServerProcess, tmp_path: Path
) -> None:
    env = environment(tmp_path, FYNIX_SERVER=server.url, FYNIX_PASSWORD="fynix-demo")
    await fynix(env, "login", "alice")
    sent = await fynix(env, "send", "bob", "acknowledged")
    await server.kill()

    again = await ServerProcess.start(environment(tmp_path), "--demo")
    other = env | {"FYNIX_SERVER": again.url}
    await fynix(other, "login", "bob")
    read = await fynix(other, "messages", "alice", "-o", "jsonl")
    await again.kill()

    assert sent.code == 0
    assert '"content": "acknowledged"' in read.out


async def test_a_wrong_password_exits_4_and_an_unreachable_server_7(
    server: ServerProcess, tmp_path: Path
) -> None:
    env = environment(tmp_path, FYNIX_PASSWORD="not the password")

    wrong = await fynix(env, "login", "alice", "--server", server.url)
    nowhere = await fynix(env, "login", "alice", "--server", f"http://127.0.0.1:{free_port()}")

    assert (wrong.code, nowhere.code) == (4, 7)
    assert _is_one_line(wrong.err)
    assert _is_one_line(nowhere.err)


async def test_a_damaged_database_file_is_told_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "fynix.db").write_bytes(b"this is no database" * 1000)

    refused = await fynix(environment(tmp_path), "serve", "--port", "0")

    assert refused.code == 1
    assert _is_one_line(refused.err)
    assert "fynix.db" in refused.err


async def test_the_full_stack_keeps_its_data_and_ends_with_its_server(tmp_path: Path) -> None:
    env = environment(tmp_path)
    first = await ServerProcess.start(env, "--stack", "full", "--workers", "2")
    account = {"username": "alice", "password": "correct horse"}
    async with httpx.AsyncClient() as client:
        made = await client.post(f"{first.url}/api/auth/register", json=account)
    data = tmp_path / "data" / "postgres" / "data"
    pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    await first.kill()  # as bad luck would: the next start finds what it left

    second = await ServerProcess.start(env, "--stack", "full")
    async with httpx.AsyncClient() as client:
        found = await client.post(f"{second.url}/api/auth/login", json=account)
    new_pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    code = await second.stop()

    assert (made.status_code, found.status_code, code) == (201, 200, 0)
    assert new_pid != pid
    assert not (data / "postmaster.pid").exists()
    shutil.rmtree(tmp_path / "data")

"""`fynix scenario record`: what people said to each other becomes a scenario that plays."""

import signal
import sys
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.model.reading import read_script
from fynix_cli.scenario.recording.redaction import redacted
from tests.cli.terminal import Terminal
from tests.people import PASSWORD, Api, Person
from tests.scenario.sessions.recorder import (
    Recorder,
    logged_in_person,
    step_names,
    text_of,
    written_to,
)

embedded_only = pytest.mark.parametrize("stack", ["embedded"])


@pytest.fixture
def mine(file: Path) -> Path:
    """A file that is there."""
    file.write_text("mine")
    return file


async def edit(person: Person, conversation_id: str, message_id: str, content: str) -> None:
    url = f"/api/conversations/{conversation_id}/messages/{message_id}"
    assert (await person.client.patch(url, json={"content": content})).status_code == 200


async def delete(person: Person, conversation_id: str, message_id: str) -> None:
    url = f"/api/conversations/{conversation_id}/messages/{message_id}"
    assert (await person.client.delete(url)).status_code == 204


async def talk_in_a_group(api: Api, alice: Person, bob: Person) -> None:
    """Carol, who is not recorded, makes a group; people come and go."""
    carol = await api.register("carol.c-1")
    group = await carol.group("Climbers", alice)
    url = f"/api/conversations/{group}"
    body = {"user_id": str(bob.user_id)}
    assert (await carol.client.post(f"{url}/participants", json=body)).status_code == 201
    assert (await carol.client.patch(url, json={"name": "Hikers"})).status_code == 200
    answer = await carol.client.patch(f"{url}/participants/{bob.user_id}", json={"role": "admin"})
    assert answer.status_code == 200
    await bob.send(group, "up we go")
    answer = await carol.client.delete(f"{url}/participants/{alice.user_id}")
    assert answer.status_code == 204
    answer = await bob.client.delete(f"{url}/participants/{bob.user_id}")
    assert answer.status_code == 204


async def talk_of_two(alice: Person, bob: Person) -> None:
    """All that two can do."""
    dm = await alice.dm(bob)
    live = await alice.live()
    await live.send(type="typing", conversation_id=dm, is_typing=True)
    first = (await alice.send(dm, 'costs $5, "${run.id}"\u202e\x85\n😀 # - ok')).json()["id"]
    await edit(alice, dm, first, "edited: $m1")
    await bob.read(dm, first)
    await delete(alice, dm, first)
    picture = {"content": "a picture", "content_type": "image"}
    await live.send(type="send_message", ref="1", conversation_id=dm, **picture)
    await live.expect("ack")


async def test_a_recorded_session_plays_on_a_fresh_server(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    alice, bob = [await logged_in_person(unlimited, it) for it in ("alice", "bob")]
    recorder = await Recorder.start(file, "--as", "alice", "--as", "bob")

    await talk_of_two(alice, bob)
    await talk_in_a_group(unlimited, alice, bob)
    await recorder.line("bob leaves")
    ended = await recorder.interrupt()
    await terminal.run("scenario", "run", str(file))

    assert ended.code == ExitCode.OK, ended
    assert f"fynix scenario run {file}" in ended.err
    verbs = {it.rpartition(".")[2] for it in step_names(written_to(file))}
    assert verbs == {
        *("dm", "group", "send", "edit", "delete", "typing", "read"),
        *("add", "role", "remove", "leave", "rename", "expect"),
    }


@embedded_only
async def test_what_was_there_before_is_made_first(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    alice, bob = [await logged_in_person(unlimited, it) for it in ("alice", "bob")]
    dm = await alice.dm(bob)
    old = [(await alice.send(dm, f"old {it}")).json()["id"] for it in range(3)]
    recorder = await Recorder.start(file, "--as", "bob")

    await edit(alice, dm, old[0], "changed")
    await bob.read(dm, old[1])
    await delete(alice, dm, old[2])
    await recorder.line("deletes")
    await recorder.interrupt()
    await terminal.run("scenario", "run", str(file))

    text = written_to(file)
    assert [it.rpartition(".")[2] for it in step_names(text)][:4] == ["dm", *["send"] * 3]
    assert "old 0" not in text
    assert "alice.expect" not in text  # only bob was watched


@embedded_only
async def test_a_recording_holds_no_ids_tokens_or_passwords(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    alice, bob = [await logged_in_person(unlimited, it) for it in ("alice", "bob")]
    recorder = await Recorder.start(file, "--as", "alice", "--as", "bob", "--count", "2")

    dm = await alice.dm(bob)
    await alice.send(dm, "hello", client_message_id="my-own-key")
    ended = await recorder.end()

    text = written_to(file)
    assert ended.code == ExitCode.OK, ended
    url = unlimited.url
    for secret in (alice.access_token, PASSWORD, str(alice.user_id), dm, "my-own-key", url):
        assert secret not in text
    assert "hello" in text


@embedded_only
async def test_redacted_texts_are_as_long_and_say_nothing(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    alice, bob = [await logged_in_person(unlimited, it) for it in ("alice", "bob")]
    recorder = await Recorder.start(file, "--as", "alice", "--redact", "--count", "2")

    await alice.send(await alice.dm(bob), "Meet me at 7, José 😀")
    ended = await recorder.end()

    assert "Xxxx xx xx 0, Xxxé 😀" in written_to(file)
    assert "Meet" not in written_to(file) + ended.err


def test_redacting_keeps_characters_and_bytes() -> None:
    text = "Zürich 東京 ١٢ — 👍🏽 a\tb\u0301"

    replaced = redacted(text)

    assert len(replaced) == len(text)
    assert len(replaced.encode()) == len(text.encode())
    assert not set(replaced) & set("Zürichab東京١٢—👍")


@embedded_only
async def test_a_busy_recording_is_played_without_rate_limits(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    alice, bob = [await logged_in_person(unlimited, it) for it in ("alice", "bob")]
    dm = await alice.dm(bob)
    recorder = await Recorder.start(file, "--as", "alice", "--as", "bob", "--count", "35")

    for number in range(35):
        await alice.send(dm, f"number {number}")
    await recorder.end()
    await terminal.run("scenario", "run", str(file))

    assert read_script(file).document.server.settings == {"rate_limits": "off"}


@embedded_only
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sh")
async def test_in_the_background_of_a_script_a_sigterm_ends_it_in_order(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    alice, bob = [await logged_in_person(unlimited, it) for it in ("alice", "bob")]
    # So does a shell with what is begun with `&`.
    deaf = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
    recorder = await Recorder.start(file, "--as", "bob", before=deaf)

    await alice.send(await alice.dm(bob), "hello")
    await recorder.line("sends: hello")
    ended = await recorder.interrupt(signal.SIGTERM)

    assert ended.code == ExitCode.OK, ended
    assert "hello" in written_to(file)


@embedded_only
async def test_a_login_that_ends_under_way_leaves_what_there_was(
    unlimited: Api, terminal: Terminal, file: Path
) -> None:
    alice, bob = [await logged_in_person(unlimited, it) for it in ("alice", "bob")]
    recorder = await Recorder.start(file, "--as", "alice", "--as", "bob")

    await alice.send(await alice.dm(bob), "hello")
    await recorder.line("sends: hello")
    await terminal.run("logout", "--as", "bob")
    ended = await recorder.end()

    assert ended.code == ExitCode.NOT_ALLOWED, ended
    assert "this login was ended" in ended.err
    assert "hello" in written_to(file)


@embedded_only
async def test_when_nothing_happens_nothing_is_written(terminal: Terminal, file: Path) -> None:
    answer = await terminal.run("scenario", "record", "-o", str(file), "--for", "50ms")

    assert "nothing happened" in answer.err
    assert text_of(file) is None


@embedded_only
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--as", "nobody"), ExitCode.NOT_ALLOWED, "not logged in as nobody"),
        (("--for", "soon"), ExitCode.USAGE, "'soon' is no length of time"),
        (("--server", "http://127.0.0.1:1"), ExitCode.NOT_ALLOWED, "not at http://127.0.0.1:1"),
    ],
)
async def test_a_recording_that_cannot_begin_says_why(
    terminal: Terminal, file: Path, arguments: tuple[str, ...], code: ExitCode, told: str
) -> None:
    answer = await terminal.run("scenario", "record", "-o", str(file), *arguments, expect=code)

    assert told in answer.err
    assert text_of(file) is None


@embedded_only
async def test_a_file_that_is_there_stays_unless_forced(terminal: Terminal, mine: Path) -> None:
    answer = await terminal.run("scenario", "record", "-o", str(mine), expect=ExitCode.CONFLICT)

    assert "is there already; add --force" in answer.err
    assert written_to(mine) == "mine"


@embedded_only
async def test_a_file_of_another_name_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    other = tmp_path / "talk.yaml"

    answer = await terminal.run("scenario", "record", "-o", str(other), expect=ExitCode.USAGE)

    assert "call it talk.fynix.yaml" in answer.err

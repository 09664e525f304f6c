"""Scenario files in other people's projects, played by their pytest."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest

from fynix_cli.pytest_plugin.server import FynixServer
from tests.scenario.other_projects import HELLO, INI, SIZES, UNREADABLE, WRONG


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where migrated databases are kept from one project to the next."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture
def project(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, caches: Path
) -> pytest.Pytester:
    """A project as strict as ours, without tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches))
    pytester.makeini(INI)
    return pytester


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the project's run keeps what it needs for a while. Not in pytest's own folder, whose
    path is too long for the sockets in there."""
    with TemporaryDirectory() as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def write(project: pytest.Pytester, **scenarios: str) -> None:
    project.makefile(".fynix.yaml", **scenarios)


def played(project: pytest.Pytester, *args: str) -> pytest.RunResult:
    return project.runpytest_subprocess(*args)


def test_scenarios_pass_and_fail_as_the_command_tells_it(project: pytest.Pytester) -> None:
    write(project, hello=HELLO, wrong=WRONG)

    result = played(project, "-v", "--fynix-seed", "7")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "hello.fynix.yaml::hello arrives PASSED*",
            "wrong.fynix.yaml::hello is not goodbye FAILED*",
            "wrong.fynix.yaml:7:5  hello is not goodbye [[]embedded[]]",
            "bob.expect: no such new_message within 0.2 s",
            '    expected  new_message where {"message.content": "goodbye"}',
            '    nearest   {"type": "new_message", *',
            '    differs   message.content: expected "goodbye", got "hello"',
            "what came last:",
            "again: fynix scenario run wrong.fynix.yaml --seed 7",
            "FAILED wrong.fynix.yaml::hello is not goodbye - bob.expect: no such *",
        ]
    )


def test_an_item_is_a_scenario_or_a_choice_of_its_matrix_and_tags_are_markers(
    project: pytest.Pytester,
) -> None:
    write(project, hello=HELLO, sizes=SIZES)

    everything = played(project, "--collect-only", "-q")
    tagged = played(project, "--collect-only", "-q", "-m", "limits and two-people")
    named = played(project, "--collect-only", "sizes.fynix.yaml::a message of some size")

    everything.stdout.fnmatch_lines(
        [
            "hello.fynix.yaml::hello arrives",
            "sizes.fynix.yaml::a message of some size[[]size=1, via=rest[]]",
            "sizes.fynix.yaml::a message of some size[[]size=2000, via=rest[]]",
        ]
    )
    tagged.stdout.fnmatch_lines(["hello.fynix.yaml::hello arrives", "1/3 tests collected*"])
    named.stdout.fnmatch_lines(["collected 2 items"])


def test_a_tag_that_is_a_marker_with_arguments_stays_a_keyword(project: pytest.Pytester) -> None:
    write(project, hello=HELLO.replace("[limits, two-people]", "[timeout, _hidden]"))

    result = played(project, "--collect-only", "-q", "-k", "timeout and _hidden")

    result.stdout.fnmatch_lines(["hello.fynix.yaml::hello arrives", "1 test collected*"])


def test_a_file_that_cannot_be_read_is_an_error_that_names_every_place(
    project: pytest.Pytester,
) -> None:
    write(project, hello=HELLO, unreadable=UNREADABLE)

    result = played(project)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR collecting unreadable.fynix.yaml*",
            "unreadable.fynix.yaml:5:5: there is no step 'sned' of a person (did you mean send[?])",
            "unreadable.fynix.yaml:6:5: nobody here is called 'bob' (there are alice)",
        ]
    )


def test_workers_of_xdist_share_the_scenarios(project: pytest.Pytester) -> None:
    write(project, hello=HELLO, wrong=WRONG, sizes=SIZES)

    result = played(project, "-n", "2")

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["wrong.fynix.yaml:7:5  hello is not goodbye*"])


def test_with_both_stacks_there_is_an_item_on_each(project: pytest.Pytester) -> None:
    write(project, hello=HELLO, alone=HELLO.replace("steps", "server: {instances: 2}\nsteps"))
    project.makepyfile(
        """
        import pytest

        def test_of_ours(fynix_person): fynix_person("alice")

        @pytest.mark.parametrize("fynix_stack", ["full"])
        def test_of_one(fynix_stack, fynix_person): fynix_person("alice")
        """
    )

    result = played(project, "-v", "--fynix-stack", "both")

    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines_random(
        [
            "hello.fynix.yaml::hello arrives[[]embedded[]] PASSED*",
            "hello.fynix.yaml::hello arrives[[]full[]] PASSED*",
            "*::test_of_ours[[]embedded[]] PASSED*",
            "*::test_of_ours[[]full[]] PASSED*",
            "*::test_of_one[[]full[]] PASSED*",
            # Several instances need what they can share.
            "alone.fynix.yaml::hello arrives PASSED*",
        ]
    )


def test_a_server_that_runs_already_is_used_in_place_of_private_ones(
    project: pytest.Pytester, fynix_server: FynixServer
) -> None:
    write(project, hello=HELLO)
    project.makepyfile(
        f"""
        import pytest

        def test_here(fynix_server, fynix_person):
            assert fynix_server.url == "{fynix_server.url}"
            with pytest.raises(Exception, match="only where the server is private"):
                fynix_server.advance(61)

        @pytest.mark.fynix_settings(rate_limits="off")
        def test_of_settings(fynix_server): ...
        """
    )

    result = played(project, "--fynix-server", fynix_server.url)

    result.assert_outcomes(passed=2, skipped=1)


def test_what_is_asked_wrongly_is_said_before_anything_is_played(project: pytest.Pytester) -> None:
    write(project, hello=HELLO)

    stack = played(project, "--fynix-stack", "bulk")
    server = played(project, "-o", "fynix_server=nowhere")
    seed = played(project, "--fynix-seed", "seven")

    stack.stderr.fnmatch_lines(["ERROR: fynix_stack: 'bulk' is none of embedded, full, both"])
    server.stderr.fnmatch_lines(["ERROR: fynix_server: 'nowhere' is not the URL of a server*"])
    seed.stderr.fnmatch_lines(["ERROR: fynix_seed: 'seven' is no whole number"])


def test_where_no_server_can_be_started_each_test_says_so(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, hello=HELLO)
    project.makepyfile("def test_of_ours(fynix_server): ...")
    monkeypatch.setenv("TMPDIR", str(project.mkdir("x" * 120)))

    result = played(project)

    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "hello.fynix.yaml: *AF_UNIX path too long*",
            "private servers cannot be started*AF_UNIX path too long*",
        ]
    )


def test_settings_that_cannot_be_are_told(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.fynix_settings(rate_limit_mesages="5/60")
        def test_of_a_name(fynix_server): ...

        @pytest.mark.fynix_settings(rate_limit_messages="often")
        def test_of_a_value(fynix_server): ...

        @pytest.mark.fynix_settings("5/60")
        def test_without_names(fynix_server): ...
        """
    )

    result = played(project)

    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "fynix_settings: there is no setting 'rate_limit_mesages'; "
            "did you mean rate_limit_messages[?]",
            "a private server did not start: FYNIX_RATE_LIMIT_MESSAGES: *",
            "fynix_settings takes settings by name only",
        ]
    )


def test_a_project_without_scenarios_loads_nothing_heavy(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys

        def test_of_theirs():
            heavy = {"httpx", "pydantic", "yaml", "websockets", "typer", "rich", "sqlalchemy"}
            assert not heavy & set(sys.modules)
            assert "fynix_cli.pytest_plugin.plugin" in sys.modules
        """
    )

    result = played(project)

    result.assert_outcomes(passed=1)


def test_switched_off_it_collects_nothing_and_skips_what_needs_it(
    project: pytest.Pytester,
) -> None:
    write(project, unreadable=UNREADABLE)
    project.makepyfile("def test_of_ours(fynix_person): ...\n\ndef test_of_theirs(): ...")

    by_option = played(project, "--no-fynix")
    by_ini = played(project, "-o", "fynix=false")
    left_out = played(project, "-p", "no:fynix", "-k", "theirs")

    by_option.assert_outcomes(passed=1, skipped=1)
    by_ini.assert_outcomes(passed=1, skipped=1)
    left_out.assert_outcomes(passed=1, deselected=1)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(
    project: pytest.Pytester, temporary: Path, how: signal.Signals
) -> None:
    project.makepyfile(
        """
        def test_waiting(fynix_server, fynix_person):
            bob = fynix_person("bob")
            print("server:", fynix_server.url, flush=True)
            bob.expect("new_message", within=40)
        """
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-s"], stdout=subprocess.PIPE, text=True
    )
    with running:
        assert running.stdout is not None
        said = next(line for line in running.stdout if "server:" in line)
        running.send_signal(how)
        rest = running.stdout.read()

    assert running.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in rest
    assert list(temporary.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(said.split()[-1]).port))

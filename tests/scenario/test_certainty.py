"""What a scenario is sure of, whatever the server says and whatever the steps are."""

from pathlib import Path

import httpx
import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.model.reading import read_script
from fynix_cli.scenario.playing.calls import Call, ask
from fynix_cli.scenario.playing.failures import NoAnswer
from fynix_cli.scenario.playing.journal import Journal
from fynix_cli.scenario.playing.outcome import Status
from fynix_cli.scenario.playing.performing import perform
from fynix_cli.scenario.playing.player import Playing, opened_play
from fynix_cli.scenario.reports.trace import TraceFile
from fynix_cli.scenario.servers.makers import WorldMaker
from fynix_cli.scenario.servers.world import ServerSpec
from tests.cli.terminal import Terminal
from tests.scenario.conftest import Play
from tests.scenario.writing import scenario

STRANGER = """
- alice.dm: {with: bob, save: dm}
- alice.send: {in: $dm, text: hello}
- eve.expect_none: new_message
"""


async def test_that_a_stranger_gets_nothing_is_made_certain_by_an_echo(
    makers: dict[str, WorldMaker], tmp_path: Path
) -> None:
    head = "actors: {alice: {}, bob: {}, eve: {}}\n"
    script = read_script(scenario(tmp_path, STRANGER, head=head))
    async with (
        makers["embedded"].world(ServerSpec()) as world,
        opened_play(script, world, Journal(), Playing(1)) as opened,
    ):
        await perform(opened, script.steps, opened.scope)

        assert opened.echo is not None


async def test_steps_that_wait_for_nothing_do_not_outrun_the_time_limit(play: Play) -> None:
    outcome = await play(
        "- repeat: {times: 1000000, do: [{repeat: {times: 1000, do: [{log: again}]}}]}\n",
        head="actors: {alice: {}}\ntimeout: 2s\n",
    )

    assert outcome.status is Status.error
    assert "it took longer than 2 s" in outcome.text


async def test_an_answer_that_cannot_be_unpacked_is_no_answer() -> None:
    answer = httpx.Response(
        200,
        headers={"content-encoding": "gzip"},
        stream=httpx.ByteStream(b"this is not compressed"),
    )
    transport = httpx.MockTransport(lambda request: answer)

    async with httpx.AsyncClient(base_url="http://server", transport=transport) as http:
        with pytest.raises(NoAnswer, match="GET /: no answer"):
            await ask(http, Call("GET", "/"), None, 1.0)


async def test_an_answer_that_is_nested_without_an_end_is_taken_for_text() -> None:
    text = "[" * 100_000
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=text))

    async with httpx.AsyncClient(base_url="http://server", transport=transport) as http:
        assert (await ask(http, Call("GET", "/"), None, 1.0)).body == text


@pytest.mark.parametrize("folder", ["file/traces", "ж" * 200])
async def test_a_trace_that_cannot_be_written_is_an_error_of_its_scenario(
    tmp_path: Path, folder: str
) -> None:
    (tmp_path / "file").write_text("")
    file, junit = scenario(tmp_path, "- log: hello\n"), tmp_path / "report.xml"

    answer = await Terminal({}).run(
        *("scenario", "run", str(file), "--trace", str(tmp_path / folder)),
        *("--report", f"junit={junit}"),
        expect=ExitCode.FAILED,
    )

    assert "cannot write" in answer.out
    assert "cannot write" in junit.read_text()


def test_traces_of_long_titles_are_files_of_their_own(tmp_path: Path) -> None:
    for turn in (1, 2):
        TraceFile(tmp_path, "ж" * 200 + f"-{turn}", {}).close()

    names = [it.name for it in tmp_path.iterdir()]
    assert len(names) == 2
    assert all(len(name.encode()) <= 255 for name in names)

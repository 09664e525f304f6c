"""Every example of docs/scenarios.md, played."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.matchers import OPERATORS
from fynix_cli.scenario.model.catalogue import PERSONAL
from fynix_cli.scenario.model.document import INVARIANTS
from fynix_cli.scenario.model.flow_steps import FLOW
from fynix_cli.scenario.model.watching_steps import FAULTS
from fynix_cli.scenario.playing.outcome import Status
from tests.cli.terminal import Terminal
from tests.people import Api
from tests.scenario.conftest import Play

GUIDE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
PRELUDE = "- alice.dm: {with: bob, save: dm}\n- alice.send: {in: $dm, text: the first, save: m1}\n"
SERVER = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Block:
    """A fenced block of the guide."""

    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The name that its first line gives it."""
        named = re.match(r"# (\S+\.fynix\.yaml)\n", self.text)
        return named[1] if named else None


BLOCKS = [Block(it["language"], it["text"]) for it in BLOCK.finditer(GUIDE)]
FRAGMENTS = [it.text for it in BLOCKS if it.language == "yaml" and it.file is None]


CONSOLES = [it.text for it in BLOCKS if it.language == "console"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the files of the guide in it."""
    for block in BLOCKS:
        if block.file is not None:
            (tmp_path / block.file).write_text(block.text)
    return tmp_path


@pytest.mark.parametrize("fragment", FRAGMENTS)
async def test_every_fragment_plays(play: Play, fragment: str) -> None:
    outcome = await play(PRELUDE + fragment)

    assert outcome.status is Status.passed, outcome


@pytest.mark.parametrize("stack", ["embedded"])
@pytest.mark.parametrize("console", CONSOLES)
@pytest.mark.usefixtures("stack")
async def test_every_command_does_what_is_said(
    folder: Path, console: str, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for line in console.splitlines():
        text, _, comment = line.removeprefix("$ fynix ").partition("  # exits ")
        code = ExitCode(int(comment[0])) if comment else ExitCode.OK
        words = shlex.split(text.replace(SERVER, api.url))

        await Terminal({}).run(*words, expect=code)


def test_the_guide_names_every_step_matcher_fault_and_invariant() -> None:
    for words in (PERSONAL, FLOW, OPERATORS, FAULTS, INVARIANTS):
        for word in words:
            assert re.search(rf"[`{{. ]{re.escape(word)}\b", GUIDE), word

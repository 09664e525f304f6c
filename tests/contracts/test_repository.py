"""What is committed: files of a readable size, pins that say nothing about where they came from."""

import re
import subprocess
import tomllib

from tests.contracts import ROOT

MAX_LINES = 300
LONGER_ON_PURPOSE = {
    "tests/test_direct_messages.py"  # one file by the mission, whose commands name it
}
CONSTRAINTS = (ROOT / "config" / "constraints.txt").read_text().splitlines()


def source_files() -> list[str]:
    """The Python files that are committed or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def test_a_file_is_at_most_three_hundred_lines() -> None:
    names = set(source_files()) - LONGER_ON_PURPOSE
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in names}

    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_a_pin_is_a_name_and_a_version_and_nothing_else() -> None:
    pin = re.compile(r"[a-z0-9][a-z0-9-]*==[\w.]+( ; [\w .<>='!]+)?")

    assert [line for line in CONSTRAINTS if not pin.fullmatch(line)] == []


def test_every_direct_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["full"], *extras["dev"]]
    names = {re.split(r"[\[;<>=! ]", requirement)[0] for requirement in wanted} - {"fynix"}

    assert names <= {line.split("==")[0] for line in CONSTRAINTS}


def test_ci_runs_what_a_developer_runs() -> None:
    script = ROOT / ".ci" / "run"

    assert "make check" in script.read_text()
    assert script.stat().st_mode & 0o111

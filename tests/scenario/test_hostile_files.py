"""Files that are made to hurt, or that hurt by mistake."""

import os
from pathlib import Path

import pytest

from fynix_cli.scenario.model.yaml_places import MAX_BYTES
from tests.scenario.test_reading import problems
from tests.scenario.writing import TWO, scenario


def test_a_file_of_ten_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.fynix.yaml"
    with file.open("wb") as target:
        target.truncate(10 * 1024 * 1024)

    (problem,) = problems(file)

    assert problem.startswith(f"1:1: this file is larger than {MAX_BYTES // 1024} KiB")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a: \xff", "1:1: this is not UTF-8 text"),
        (b"[" * 100 + b"]" * 100, "1:62: this is nested too deeply"),
        (b"[" * 100_000, ": this is not YAML"),
        (
            b"a: &a [x,x,x,x,x,x,x,x,x]\n"
            + b"".join(
                b"%c: &%c [%s]\n" % (it, it, b",".join([b"*%c" % (it - 1)] * 9))
                for it in b"bcdefgh"
            ),
            ": this is more than can be read",
        ),
    ],
    ids=["not text", "deep", "deeper", "a bomb of aliases"],
)
def test_a_file_made_to_hurt_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "a.fynix.yaml"
    file.write_bytes(content)

    assert problem in problems(file)[0]


def test_a_matrix_that_would_be_played_for_ever_is_refused(tmp_path: Path) -> None:
    letters = ", ".join("abcdefghijklmnopqrstuvwxyz")
    matrix = "".join(f"  {name}: [{letters}]\n" for name in "pqrstuvw")
    file = scenario(tmp_path, "- log: x", head=TWO + f"matrix:\n{matrix}")

    (problem,) = problems(file)

    assert problem.startswith("4:1: this matrix would be played 208827064576 times, and 1000 is")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "b.yaml")

    (problem,) = problems(scenario(tmp_path, "- include: b.yaml"))

    assert problem.endswith("b.yaml:1:1: is no file")

"""Every example of the guide to Fynix in pytest, run."""

import re
from pathlib import Path

import pytest

from tests.scenario.other_projects import HELLO, INI

GUIDE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def test_every_example_passes_as_it_stands(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pytester.makeini(INI)
    pytester.makepyfile(**{f"test_{index}": text for index, text in enumerate(EXAMPLES)})
    tests = sum(text.count("def test_") for text in EXAMPLES)

    result = pytester.runpytest_subprocess()

    assert tests > len(EXAMPLES) > 5
    result.assert_outcomes(passed=tests)


def test_the_options_in_the_ini_file_are_options(pytester: pytest.Pytester) -> None:
    [ini] = re.findall(r"^```ini\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    pytester.makeini(ini + INI.removeprefix("\n[pytest]\n"))
    (pytester.mkdir("scenarios") / "hello.fynix.yaml").write_text(HELLO)
    pytester.mkdir("tests")

    result = pytester.runpytest_subprocess("--collect-only", "-q")

    result.stdout.fnmatch_lines(
        [
            "scenarios/hello.fynix.yaml::hello arrives[[]embedded[]]",
            "scenarios/hello.fynix.yaml::hello arrives[[]full[]]",
        ]
    )

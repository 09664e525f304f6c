"""config/fynix.env.example says every setting there is, and says it right."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from fynix_server.settings import Settings, environment_name, load_settings
from tests.contracts import ROOT

EXAMPLE = ROOT / "config" / "fynix.env.example"
_LINE = re.compile(r"(?P<off>#?)(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)")


def documented() -> dict[str, str | None]:
    """Each variable of the example with its value; None where it is commented out."""
    matches = (_LINE.fullmatch(line) for line in EXAMPLE.read_text().splitlines())
    return {it["name"]: None if it["off"] else it["value"] for it in matches if it is not None}


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for field in Settings.model_fields:
        monkeypatch.delenv(environment_name(field), raising=False)
    return monkeypatch


def test_every_setting_is_in_the_example_file() -> None:
    names = {environment_name(field) for field in Settings.model_fields}

    assert names <= documented().keys()


def test_every_setting_says_what_it_is_for() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]

    assert silent == []


def test_each_variable_of_the_example_follows_a_line_that_describes_it() -> None:
    lines = EXAMPLE.read_text().splitlines()

    for above, line in pairwise(lines):
        if _LINE.fullmatch(line):
            assert re.match(r"# \S", above), f"{line} has no description"


def test_the_example_file_states_the_defaults(
    clean_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A data folder that every machine has its own of, so no default that a file could state.
    defaults = load_settings(data_dir=tmp_path)

    for name, value in documented().items():
        if value is not None:
            clean_environment.setenv(name, value)

    assert load_settings(data_dir=tmp_path) == defaults


def test_a_setting_is_commented_out_only_where_it_has_no_default() -> None:
    by_name = {environment_name(name): field for name, field in Settings.model_fields.items()}

    for name, value in documented().items():
        if name in by_name:
            has_default = (
                by_name[name].default_factory is None and by_name[name].default is not None
            )
            assert (value is not None) == has_default, name

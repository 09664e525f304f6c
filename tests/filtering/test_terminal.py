"""`fynix moderation filter`: what one sees, what scripts get, and what is refused."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fynix_cli.exit_codes import ExitCode
from tests.cli.conftest import logged_in
from tests.cli.terminal import Answer, Terminal
from tests.contracts.admin_world import admin_world
from tests.people import Api

FILTER = ("moderation", "filter")
WHY = ("--reason", "because")


@pytest.fixture
def stack() -> str:
    """What a terminal shows is the same on both; once is enough."""
    return "embedded"


@pytest.fixture
async def root(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Terminal]:
    """A terminal where root, an admin, is logged in; bob is there too."""
    async with logged_in(api, tmp_path, monkeypatch, ("alice", "root")) as terminal:
        await admin_world(api)
        yield terminal


async def add(root: Terminal, *words: str, expect: ExitCode = ExitCode.OK) -> Answer:
    return await root.run(*FILTER, "add", *words, *WHY, expect=expect)


async def test_a_rule_is_added_in_shadow_and_one_is_told_how_to_go_on(root: Terminal) -> None:
    added = await add(root, "casino", "word", "casino", "--verdict", "hold")
    live = await root.run(*FILTER, "change", "casino", "--live", *WHY)
    shown = await root.run(*FILTER, "show", "casino", "-o", "json")
    listed = await root.run(*FILTER, "list")

    assert "casino: word casino -> hold, shadow." in added.err
    assert "fynix moderation filter show casino" in added.err
    assert "fynix moderation filter change casino --live" in added.err
    assert "In shadow it has matched nothing since" in live.err
    assert json.loads(shown.out)["is_shadow"] is False
    assert listed.out == "casino\tword\thold\tlive\t0\tcasino\n"


async def test_a_test_shows_the_text_with_a_mark_under_what_matched(root: Terminal) -> None:
    await add(root, "casino", "word", "casino", "--verdict", "mask", "--live")
    await add(root, "food", "word", "免费", "--verdict", "reject")

    shown = await root.run(*FILTER, "test", "来 my cаsino 免费", expect=ExitCode.ASSERTIONS_FAILED)

    assert shown.out.splitlines() == [
        "It would be masked.",
        "Stored as: 来 my ****** 免费",
        "",
        "casino: word casino -> mask",
        "  来 my cаsino 免费",
        "        ^^^^^^",
        "",
        "food: word 免费 -> reject (in shadow: changes nothing)",
        "  来 my cаsino 免费",
        "               ^^^^",
    ]


async def test_a_tests_exit_code_says_whether_it_would_pass_as_it_is(root: Terminal) -> None:
    fine = await root.run(*FILTER, "test", "hello")
    tried = await root.run(
        *FILTER, "test", "-", "--rule", "regex:fr.e", "--verdict", "hold", "-o", "json",
        stdin="free\n", expect=ExitCode.ASSERTIONS_FAILED,
    )  # fmt: skip
    await root.run(*FILTER, "test", "a", "--rule", "regex:(", expect=ExitCode.FAILED)
    await root.run(*FILTER, "test", "a", "--rule", "fr.e", expect=ExitCode.USAGE)

    assert fine.out == "It would be allowed.\n"
    told = json.loads(tried.out)
    assert told.keys() == {"verdict", "stored_text", "matches", "shadow_matches"}
    assert told["matches"][0].keys() == {
        "rule_id",
        "name",
        "kind",
        "pattern",
        "verdict",
        "start",
        "end",
        "matched",
    }
    assert (told["verdict"], told["matches"][0]["matched"]) == ("hold", "free")


async def test_escapes_in_texts_and_patterns_are_shown_and_not_obeyed(root: Terminal) -> None:
    escape = "\x1b]0;owned\x07"
    await add(root, "escape", "regex", f"x{escape}?", "--verdict", "mask", "--live")

    shown = [
        await root.run(*FILTER, "list"),
        await root.run(*FILTER, "show", "escape"),
        await root.run(*FILTER, "export"),
        await root.run(
            *FILTER, "test", f"{escape}\n\u202e x{escape}", expect=ExitCode.ASSERTIONS_FAILED
        ),
    ]
    missing = await root.run(*FILTER, "show", escape, expect=ExitCode.NOT_FOUND)

    for answer in (*shown, missing):
        assert not {"\x1b", "\x07", "\u202e"} & set(answer.out + answer.err)


async def test_what_is_exported_is_imported_elsewhere_and_nothing_changes_here(
    root: Terminal, tmp_path: Path
) -> None:
    await add(root, "casino", "word", "c\u202easino\u00e9", "--verdict", "mask", "--live")
    await add(root, "off", "regex", '"\\d+\n', "--verdict", "hold")
    await root.run(*FILTER, "change", "off", "--disabled", *WHY)
    file = tmp_path / "rules.jsonl"
    exported = (await root.run(*FILTER, "export")).out
    file.write_text(exported)

    again = await root.run(*FILTER, "import", str(file), *WHY, "-o", "json")
    for name in ("casino", "off"):
        await root.run(*FILTER, "remove", name, "--yes", *WHY)
    tried = await root.run(*FILTER, "import", str(file), "--dry-run", *WHY)
    anew = await root.run(*FILTER, "import", "-", *WHY, stdin=exported)

    assert json.loads(again.out) == {
        "dry_run": False,
        "added": [],
        "changed": [],
        "unchanged": ["casino", "off"],
    }
    assert "Would add 2, change 0; 0 are so already." in tried.err
    assert "Added 2, changed 0; 0 are so already." in anew.err
    assert (await root.run(*FILTER, "export")).out == exported


async def test_more_rules_than_go_into_one_request_are_imported(
    root: Terminal, tmp_path: Path
) -> None:
    rules = [
        {"name": f"r{number}", "kind": "word", "pattern": f"w{number}", "verdict": "mask"}
        for number in range(1201)
    ]
    file = tmp_path / "rules.jsonl"
    file.write_text("\n".join(map(json.dumps, rules)))
    await root.run(*FILTER, "import", str(file), *WHY)

    rules[1100] |= {"kind": "regex", "pattern": "("}
    rules += [{**rules[0], "name": f"more{number}"} for number in range(10)]
    file.write_text("\n".join(map(json.dumps, rules)))
    failed = await root.run(*FILTER, "import", str(file), *WHY, expect=ExitCode.FAILED)

    assert len(await root.rows(*FILTER, "list", "--limit", "5000")) == 1201
    assert "after 1000 rules: r1100:" in failed.err
    assert "the same import again goes on" in failed.err


async def test_who_has_no_role_and_what_is_not_there(root: Terminal) -> None:
    refused = await root.run(*FILTER, "list", "--as", "alice", expect=ExitCode.NOT_ALLOWED)
    await add(root, "casino", "word", "casino", "--verdict", "hold")
    await add(root, "casino", "word", "x", "--verdict", "hold", expect=ExitCode.CONFLICT)
    await root.run(*FILTER, "change", "casino", "--shadow", *WHY, expect=ExitCode.CONFLICT)
    await root.run(*FILTER, "change", "casino", *WHY, expect=ExitCode.USAGE)
    unasked = await root.run(*FILTER, "remove", "casino", *WHY, expect=ExitCode.USAGE)

    assert "moderator" in refused.err
    assert "--yes" in unasked.err

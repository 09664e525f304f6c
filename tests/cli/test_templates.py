"""Lines with fields of a frame in them."""

import pytest

from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.matching.templates import parse_template
from tests.cli.frames import ALICE, NEW_MESSAGE


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("{message.sender_username}: {message.content}", "alice: Deploy of a=b done"),
        ("{seq}", "12"),
        ("{{{seq}}}", "{12}"),
        ("{message.is_read} {message.edited_at}|", "false |"),
        ("{user_id}|", "|"),
        ("{message.read_by}", f'["{ALICE}"]'),
        ("plain\t\x1b[1m", "plain\t\x1b[1m"),
        ("", ""),
    ],
)
def test_a_template_is_filled_in(template: str, line: str) -> None:
    assert parse_template(template, ()).fill(NEW_MESSAGE) == line


def test_a_value_cannot_do_anything_to_the_terminal_or_begin_a_line() -> None:
    evil = {"type": "new_message", "message": {"content": "a\nbob: \x1b[2J\u202e"}}

    assert parse_template("{message.content}", ()).fill(evil) == "a␊bob: ␛[2J\ufffd"


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{message.content", "a brace alone"),
        ("message.content}", "a brace alone"),
        ("{}", "no frame has ''"),
        ("{content}", "did you mean message.content?"),
        ("{seq:>5}", "only a path can stand between braces"),
        ("{seq!r}", "only a path can stand between braces"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused_with_a_mend(
    template: str, problem: str
) -> None:
    with pytest.raises(CommandError) as caught:
        parse_template(template, ())

    assert caught.value.exit_code == ExitCode.USAGE
    assert problem in str(caught.value)

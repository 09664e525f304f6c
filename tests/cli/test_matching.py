"""Paths and conditions: what they find in a frame, and what they refuse."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fynix_cli.errors import CommandError
from fynix_cli.event_types import EventType
from fynix_cli.exit_codes import ExitCode
from fynix_cli.matching.conditions import all_hold, parse_conditions
from fynix_cli.matching.fields import FRAMES, MISSING, check_path, look_up, paths_of
from fynix_server.protocol.frames import server_frame_adapter
from tests.cli.frames import ALICE, NEW_MESSAGE, TYPING


def holds(condition: str, frame: dict[str, Any]) -> bool:
    return all_hold(parse_conditions([condition], ()), frame)


def refusal(condition: str, *types: str) -> str:
    """What is said of a condition that is wrong usage."""
    with pytest.raises(CommandError) as caught:
        parse_conditions([condition], types)
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize("frame", [NEW_MESSAGE, TYPING], ids=["new_message", "typing"])
def test_the_frames_of_these_tests_are_as_the_server_sends_them(frame: dict[str, Any]) -> None:
    assert server_frame_adapter.validate_python(frame).model_dump(mode="json") == frame


# ── paths ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("type", "new_message"),
        ("message.content", "Deploy of a=b done"),
        ("message.edited_at", None),
        ("message.read_by.0", ALICE),
        ("message.read_by.1", MISSING),
        ("message.read_by.first", MISSING),
        ("message.content.length", MISSING),
        ("user_id", MISSING),
        ("", MISSING),
    ],
)
def test_a_path_leads_to_what_stands_there_or_to_nothing(path: str, found: object) -> None:
    assert look_up(NEW_MESSAGE, path) == found


def test_the_types_that_one_can_name_are_those_of_the_frames() -> None:
    assert set(EventType) == FRAMES.keys()


@pytest.mark.parametrize("type_name", FRAMES)
def test_every_path_of_a_frame_is_accepted_for_it(type_name: str) -> None:
    paths = paths_of({type_name})

    assert "type" in paths
    assert all(check_path(path, {type_name}) for path in paths)


@pytest.mark.parametrize(
    ("path", "types", "mend"),
    [
        ("content", (), "did you mean message.content?"),
        ("sender_id", (), "did you mean message.sender_id?"),
        ("mesage.content", (), "did you mean message.content?"),
        ("message.contents", ("new_message",), "did you mean message.content?"),
        (
            "participants.0.username",
            ("conversation_created",),
            "did you mean conversation.participants.0.username?",
        ),
        ("message.content", ("typing",), "it is in frames of type new_message, message_updated"),
        ("zzz", ("typing",), "there are: conversation_id, is_typing, type, user_id"),
        ("message.", (), "there are:"),
    ],
)
def test_a_path_that_no_frame_has_is_refused_with_a_mend(
    path: str, types: tuple[str, ...], mend: str
) -> None:
    with pytest.raises(CommandError) as caught:
        check_path(path, types)

    assert caught.value.exit_code == ExitCode.USAGE
    assert mend in str(caught.value)


# ── conditions ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "condition",
    [
        "type=new_message",
        "message.content=Deploy of a=b done",
        "message.content = Deploy of a=b done",
        "message.content!=deploy",
        "message.content~^Deploy",
        "message.content~(?i)^deploy .*DONE$",
        "message.content!~failed",
        f"message.sender_id={ALICE.upper()}",
        f"message.read_by~{ALICE}",
        "message.created_at=2026-11-29T16:42:35+02:00",
        "message.is_read=false",
        "message.edited_at=null",
        "message.edited_at!=2026-11-29T16:42:35Z",
        "seq=12",
        "seq>11",
        "seq > 11.5",
        "seq>=12",
        "seq<1e9",
        "seq<=12",
        f"seq<{'9' * 5000}",
        "message.content",
        " message.read_by ",
        "!message.edited_at",
        "! message.is_read",
        "!user_id",
    ],
)
def test_a_condition_holds(condition: str) -> None:
    assert holds(condition, NEW_MESSAGE)


@pytest.mark.parametrize(
    "condition",
    [
        "type=typing",
        "message.content=Deploy",
        "message.content!=Deploy of a=b done",
        "message.content~^deploy",
        "message.content!~Deploy",
        "message.is_read=true",
        "message.edited_at",
        "message.edited_at~.*",
        "!message.content",
        "seq>12",
        "seq>=13",
        "seq<12",
        "seq<=11",
    ],
)
def test_a_condition_does_not_hold(condition: str) -> None:
    assert not holds(condition, NEW_MESSAGE)


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ("message.content=x", False),
        ("message.content!=x", True),
        ("message.content~x", False),
        ("message.content!~x", True),
        ("message.edited_at=null", False),
        ("seq<5", False),
        ("seq", False),
        ("!seq", True),
    ],
)
def test_what_a_frame_lacks_is_equal_to_nothing_and_matches_nothing(
    condition: str, is_met: bool
) -> None:
    assert holds(condition, TYPING) is is_met


def test_several_conditions_must_all_hold() -> None:
    both = parse_conditions(["seq>10", "message.sender_username=alice"], ())
    one = parse_conditions(["seq>10", "message.sender_username=bob"], ())

    assert all_hold(both, NEW_MESSAGE)
    assert not all_hold(one, NEW_MESSAGE)


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("", "is no condition"),
        ("=x", "is no condition"),
        ("message content", "is no condition"),
        ("message..content", "is no condition"),
        ("!message.content=x", "is no condition"),
        ("message.content==x", "there is no operator '=='"),
        ("message.content=~x", "there is no operator '=~'"),
        ("content=x", "did you mean message.content?"),
        ("message.content~(", "is no regular expression"),
        ("message.content~a{99999999999999999999}", "is no regular expression"),
        ("seq>many", "'many' is no number"),
        ("seq>", "'' is no number"),
        ("seq>nan", "'nan' is no number"),
        ("message.content>5", "message.content is text"),
        ("is_typing>0", "is_typing is true or false"),
        ("seq=many", "seq is a number, and never 'many'"),
        ("is_typing=perhaps", "is_typing is true or false, and never 'perhaps'"),
        ("message.sender_id=bob", "message.sender_id is an id, and never 'bob'"),
        ("message.created_at=today", "message.created_at is a time, and never 'today'"),
        ("message.content_type=video", "is text or image or file or system, and never 'video'"),
        ("message.read_by=bob", "message.read_by is a list, and never 'bob'"),
        ("message=hello", "message is an object, and never 'hello'"),
    ],
)
def test_a_condition_that_nothing_can_meet_is_refused_with_a_mend(
    condition: str, problem: str
) -> None:
    assert problem in refusal(condition)


def test_a_condition_is_about_the_types_that_are_watched() -> None:
    told = refusal("type=typing", "new_message", "message_read")

    assert told.startswith("type is new_message or message_read, and never 'typing'")


@given(st.text())
def test_text_that_is_compared_may_hold_anything(content: str) -> None:
    assume(content[:1] not in {"=", "~"} and content == content.lstrip())
    frame = {"type": "new_message", "message": {"content": content}}

    assert holds(f"message.content={content}", frame)
    assert not holds(f"message.content!={content}", frame)


@given(st.text())
def test_whatever_is_typed_is_a_condition_or_wrong_usage(text: str) -> None:
    try:
        parse_conditions([text], ())
    except CommandError as error:
        assert error.exit_code == ExitCode.USAGE  # noqa: PT017

"""Variables while a scenario is played."""

from typing import Any

import pytest

from fynix_cli.scenario.playing.scope import Scope, Unresolved
from tests.scenario.conftest import Play

SCOPE = Scope({"dm": {"id": "d1", "people": [{"name": "bob"}]}, "n": 3, "flag": True, "x_y": "z"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$n", 3),
        ("${ n }", 3),
        ("$flag", True),
        ("$dm.people.0.name", "bob"),
        ("number $n.", "number 3."),
        ("$n$n", "33"),
        ("${n}x", "3x"),
        ("$x_y", "z"),
        ("in $dm", "in d1"),
        ("it is $flag", "it is true"),
        ("$$n", "$n"),
        ("$$$n", "$3"),
        ("5 $ and $5", "5 $ and $5"),
        ("$N", "$N"),
    ],
)
def test_references_become_what_they_refer_to(text: str, value: Any) -> None:
    assert SCOPE.resolve(text) == value
    assert SCOPE.resolve({"a": [text]}) == {"a": [value]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$m1", "$m1 has no value yet"),
        ("$dm.name", "$dm has no 'name'; it has id, people"),
        ("$dm.people.4", "$dm.people has 1 items; there is no '4'"),
        ("$n.x", "$n is '3', which has no 'x'"),
        ("${env.FYNIX_NO_SUCH}", "the environment has no FYNIX_NO_SUCH"),
    ],
)
def test_a_reference_that_leads_nowhere_says_how_far_it_led(text: str, why: str) -> None:
    with pytest.raises(Unresolved) as caught:
        SCOPE.resolve(text)

    assert str(caught.value) == why


def test_what_is_set_within_is_there_afterwards_and_a_turns_own_value_is_not() -> None:
    scope = Scope({"a": 1})
    inner = scope.child({"i": 5})

    inner.set("saved", 2)

    assert inner.resolve("$a $i $saved") == "1 5 2"
    assert scope.resolve("$saved") == 2
    with pytest.raises(Unresolved):
        scope.resolve("$i")


def test_the_environment_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FYNIX_TEST_SECRET", "s3cret")

    assert SCOPE.resolve("${env.FYNIX_TEST_SECRET}") == "s3cret"


async def test_how_and_by_what_protocol_may_be_told_by_a_variable(play: Play) -> None:
    outcome = await play(
        "- alice.dm: {with: bob, save: dm}\n"
        + "- alice.send: {in: $dm, text: hello, via: $how, save: m1}\n"
        + "- bob.expect: {event: new_message, where: {message.id: $m1.id}}\n"
        + "- bob.read: {in: $dm, via: $nothing}\n",
        head="vars: {how: live, protocol: plain, nothing: by post}\n"
        "actors: {alice: {}, bob: {protocol: $protocol}}\n",
    )

    assert outcome.text == "bob.read: via must be 'rest' or 'live'"
    assert outcome.place is not None
    assert outcome.place.line == 9

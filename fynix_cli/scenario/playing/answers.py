"""Judging answers."""

from typing import Any

from fynix_cli.matching.fields import MISSING
from fynix_cli.scenario.matchers import Mismatch, mismatches, mismatches_at, shown
from fynix_cli.scenario.model.step_shapes import AnswerExpectation
from fynix_cli.scenario.playing.calls import Answer
from fynix_cli.scenario.playing.failures import AssertionMissed, Evidence


def check_answer(answer: Answer, expected: AnswerExpectation | None, what: str) -> None:
    """Raises: AssertionMissed."""
    if expected is None or not expected.model_fields_set:
        if not answer.is_success:
            raise _missed(what, answer, "a success", ())
        return
    found = _differences(answer, expected)
    if found:
        wanted = expected.model_dump(exclude_unset=True)
        raise _missed(what, answer, shown(wanted), tuple(str(it) for it in found))


def _differences(answer: Answer, expected: AnswerExpectation) -> list[Mismatch]:
    found: list[Mismatch] = []
    wanted = expected.model_fields_set
    if "status" in wanted:
        found += mismatches(expected.status, answer.status, "status")
    elif not answer.is_success and "code" not in wanted:
        found.append(Mismatch("status", "a success", str(answer.status)))
    if "code" in wanted:
        found += mismatches(expected.code, answer.code, "code")
    found += mismatches_at(expected.body, answer.body, "body")
    for name, matcher in expected.headers.items():
        actual = answer.headers.get(name.lower())
        found += mismatches(
            _as_header(matcher), MISSING if actual is None else actual, f"headers.{name}"
        )
    return found


def _as_header(matcher: Any) -> Any:
    """A header is a text, so 0 means "0"."""
    is_number = isinstance(matcher, int | float) and not isinstance(matcher, bool)
    return str(matcher) if is_number else matcher


def _missed(
    what: str, answer: Answer, expected: str, differences: tuple[str, ...]
) -> AssertionMissed:
    got = f"{answer.status} {shown(answer.body)}"
    code = f" {answer.code}" if answer.code else ""
    text = f"{what} was answered {answer.status}{code}"
    if differences:
        text = f"{what}: {differences[0]}"
    return AssertionMissed(text, Evidence(expected, got, differences, answer.request_id))

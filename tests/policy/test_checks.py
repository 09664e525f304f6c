"""Rules that cannot be compiled, or could never do what they say, are refused with the reason."""

import pytest

from fynix_server.errors import InvalidInput
from fynix_server.policy.content_filter import ContentFilter, Kind, Verdict, check_rule
from tests.policy.rules import rule


@pytest.mark.parametrize(
    ("kind", "pattern", "reason"),
    [
        ("word", "", "empty"),
        ("word", " \t", "empty"),
        ("word", "\u200b\u0336", "nothing of it can be seen"),
        ("word", "\u3164", "nothing of it can be seen"),
        ("word", "c++", "letters and digits only"),
        ("word", "a$$", "letters and digits only"),
        ("word", ":-)", "no letter"),
        ("word", "one " * 11, "more than 10 words"),
        ("word", "x" * 501, "more than 500 characters"),
        ("word", "\ud800", "surrogate"),
        ("regex", "a(", "missing )"),
        ("regex", "(?=a)", "invalid perl operator"),
        ("regex", r"(a)\1", "invalid escape sequence"),
        ("regex", "a*", "empty text"),
        ("regex", r"\b", "empty text"),
        ("regex", "$", "empty text"),
        ("regex", "(?m)^", "empty text"),
        ("regex", "a|", "empty text"),
        ("regex", "a{1001}", "invalid repetition size"),
        ("regex", ".{999}", "instructions of RE2"),
        ("regex", "((a{100}){100}){100}", "RE2 does not take it"),
        ("regex", r"(?:\pL{2}|\PL{3}){90}", "pattern too large"),  # took a second to be compiled
        ("domain", "evil", "no ending"),
        ("domain", "http://evil.com", "such as example.com"),
        ("domain", "evil.com/path", "such as example.com"),
        ("domain", "*.evil.com", "such as example.com"),
        ("domain", "bob@evil.com", "such as example.com"),
        ("domain", "evil..com", "no domain"),
        ("domain", ".com", "no domain"),
        ("domain", "-evil.com", "no domain"),
        ("domain", f"{'x' * 64}.com", "no domain"),
        ("domain", "1.2.3", "no ending"),
        ("domain", "1.2.3.256", "no ending"),
        ("domain", "ev il.com", "such as example.com"),
        ("max_links", "many", "0 to 100"),
        ("max_links", "-1", "0 to 100"),
        ("max_links", "101", "0 to 100"),
        ("max_links", "1.5", "0 to 100"),
        ("max_links", "٣", "0 to 100"),
        ("attachment_type", "video", "neither"),
        ("attachment_type", "text", "neither"),
        ("attachment_type", "file:", "neither"),
        ("attachment_type", "file:*", "neither"),
        ("attachment_type", "file:.exe", "neither"),
    ],
)
def test_a_pattern_that_cannot_be_compiled_is_refused(
    kind: Kind, pattern: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match="the rule cannot be taken") as refused:
        check_rule(kind, pattern, "reject")

    (error,) = refused.value.errors
    assert error.field == "pattern"
    assert reason in error.detail


@pytest.mark.parametrize(
    ("kind", "pattern", "verdict"),
    [
        ("max_links", "1", "mask"),
        ("attachment_type", "file", "mask"),
        ("max_links", "1", "allow"),
    ],
)
def test_a_verdict_that_means_nothing_for_the_kind_is_refused(
    kind: Kind, pattern: str, verdict: Verdict
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_rule(kind, pattern, verdict)

    assert [error.field for error in refused.value.errors] == ["verdict"]


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("word", "don't"),
        ("word", "self-made man"),
        ("word", "Ж"),
        ("word", "免费"),
        ("word", "🍆"),
        ("regex", r"(?i)\bfree\b"),
        ("regex", "é+"),
        ("domain", "Example.COM."),
        ("domain", "bücher.de"),
        ("domain", "xn--bcher-kva.de"),
        ("domain", "10.0.0.1"),
        ("domain", "[2001:db8::1]"),
        ("max_links", "0"),
        ("max_links", "100"),
        ("attachment_type", "image"),
        ("attachment_type", "file:EXE"),
        ("attachment_type", "file:tar.gz"),
    ],
)
def test_what_an_admin_would_write_is_taken(kind: Kind, pattern: str) -> None:
    check_rule(kind, pattern, "hold")
    ContentFilter([rule(kind, pattern)])

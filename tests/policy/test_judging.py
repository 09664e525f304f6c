"""What becomes of a message: verdicts, masks, exceptions, shadows."""

import pytest

from fynix_server.policy.content_filter import ContentFilter, Judgement, Match, Verdict
from tests.policy.rules import judge, matched, rule


def test_a_filter_without_rules_lets_everything_through() -> None:
    assert ContentFilter([]).judge("anything", "text") == Judgement("allow", "anything", (), ())


def test_masks_are_as_long_as_what_they_hide_and_leave_the_rest() -> None:
    judged = judge("so fre\u0301e, Ｆｒｅｅ\u200b 🍆!", rule("word", "free", "mask"))

    assert judged.verdict == "mask"
    assert judged.text == "so *****, ***** 🍆!"


def test_masks_that_overlap_hide_what_any_of_them_does() -> None:
    rules = [rule("regex", "one two", "mask"), rule("regex", "two three", "mask")]

    assert judge("one two three four", *rules).text == "************* four"


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        (["allow"], "allow"),
        (["mask", "hold"], "hold"),
        (["reject", "hold", "mask"], "reject"),
    ],
)
def test_the_strictest_verdict_counts(verdicts: list[Verdict], outcome: str) -> None:
    texts = {verdict: f"word{number}" for number, verdict in enumerate(verdicts)}
    rules = [rule("word", text, verdict) for verdict, text in texts.items()]

    assert judge(" ".join(texts.values()), *rules).verdict == outcome


def test_what_is_held_is_masked_too() -> None:
    rules = [rule("word", "one", "mask"), rule("word", "two", "hold")]

    judged = judge("one two", *rules)

    assert (judged.verdict, judged.text) == ("hold", "*** two")


def test_a_rule_in_shadow_is_reported_and_changes_nothing() -> None:
    shadows = [
        rule("word", "free", "reject", is_shadow=True),
        rule("regex", "fr.e", "mask", is_shadow=True),
        rule("word", "other", "reject", is_shadow=True),
    ]

    judged = judge("free free", *shadows)

    places = tuple(Match(found, start, start + 4) for start in (0, 5) for found in shadows[:2])
    assert judged == Judgement("allow", "free free", (), tuple(shadows[:2]), places)


def test_a_shadow_would_not_have_matched_what_a_live_exception_exempts() -> None:
    exception = rule("word", "free speech", "allow")
    shadow = rule("word", "free", is_shadow=True)

    assert judge("free speech", exception, shadow).shadow_hits == ()
    assert judge("free beer", exception, shadow).shadow_hits == (shadow,)


def test_an_exception_in_shadow_exempts_nothing() -> None:
    exception = rule("word", "free speech", "allow", is_shadow=True)

    judged = judge("free speech", exception, rule("word", "free"))

    assert judged.verdict == "reject"
    assert judged.shadow_hits == (exception,)


def test_an_exception_exempts_what_is_wholly_inside_it() -> None:
    exception = rule("word", "dick van dyke", "allow")

    assert judge("Dick van  Dyke", exception, rule("word", "dick")).verdict == "allow"
    assert judge("Dick van Dyke, dick", exception, rule("word", "dick")).verdict == "reject"
    assert judge("a Dick van Dyke", exception, rule("regex", "a Dick")).verdict == "reject"


def test_a_look_alike_of_an_exception_is_none() -> None:
    free = rule("word", "free")
    company = rule("domain", "good.com", "allow")
    any_link = rule("regex", r"https://\S+")

    assert judge("frее speech", rule("word", "free speech", "allow"), free).verdict == "reject"
    for text in ("https://gооd.com", "https://good.com@evil.com", r"https://good.com\@evil.com"):
        assert judge(text, company, any_link).verdict == "reject", text
    for text in ("https://notgood.com", "https://good.com.evil.com", "https://good%2ecom"):
        assert judge(text, company, any_link).verdict == "reject", text
    # A browser goes to evil.com, or nowhere.
    for text in (r"https://evil.com\.good.com", "https://evil.com／.good.com"):
        assert judge(text, company, any_link).verdict == "reject", text


def test_the_company_s_domain_is_exempt_with_what_is_below_it() -> None:
    rules = [
        rule("domain", "good.com", "allow"),
        rule("regex", r"https?://\S+"),
        rule("max_links", "0"),
        rule("domain", "com.example"),
    ]

    for text in (
        "https://good.com/a?b#c",
        "GOOD.com",
        "https://www.good.com:443/",
        "see good.com.",
    ):
        assert judge(text, *rules).verdict == "allow", text


def test_a_link_of_the_company_carries_neither_words_nor_other_domains() -> None:
    rules = [rule("domain", "good.com", "allow"), rule("word", "shit"), rule("domain", "evil.com")]

    assert matched("https://good.com/shit", *rules) == ["good.com", "shit"]
    assert judge("https://good.com/?u=https://evil.com", *rules).verdict == "reject"
    assert judge("https://shit.good.com", *rules).verdict == "allow"


def test_a_domain_below_a_banned_one_can_be_excepted() -> None:
    rules = [rule("domain", "pages.example"), rule("domain", "us.pages.example", "allow")]

    assert judge("us.pages.example/x https://a.us.pages.example", *rules).verdict == "allow"
    assert judge("them.pages.example/x", *rules).verdict == "reject"


@pytest.mark.parametrize(
    ("pattern", "content_type", "text", "verdict"),
    [
        ("file", "file", "anything", "reject"),
        ("file", "image", "https://x.com/a.png", "allow"),
        ("file", "text", "https://x.com/a.exe", "allow"),
        ("image:svg", "image", "https://x.com/a.SVG?size=1#x", "reject"),
        ("file:exe", "file", "https://x.com/a%2EEXE", "reject"),
        ("file:exe", "file", "setup.exe.", "reject"),
        ("file:exe", "file", "setup.ｅｘｅ", "reject"),
        ("file:exe", "file", "setup.ex\u200be", "reject"),
        ("file:exe", "file", "photo.jpg setup.exe", "reject"),
        ("file:exe", "file", "setup.exe.txt exe .executable", "allow"),
        ("file:tar.gz", "file", "a.tar.gz", "reject"),
        ("file:gz", "file", "a.tar.gz", "reject"),
        ("file:tar.gz", "file", "a.gz", "allow"),
    ],
)
def test_types_of_attachments(pattern: str, content_type: str, text: str, verdict: str) -> None:
    judged = judge(text, rule("attachment_type", pattern), content_type=content_type)

    assert judged.verdict == verdict


def test_a_type_can_be_excepted_but_not_for_the_file_beside_it() -> None:
    rules = [rule("attachment_type", "file"), rule("attachment_type", "file:pdf", "allow")]

    assert judge("a.pdf", *rules, content_type="file").verdict == "allow"
    assert judge("a.pdf b.exe", *rules, content_type="file").verdict == "reject"
    assert judge("no name", *rules, content_type="file").verdict == "reject"

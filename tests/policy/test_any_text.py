"""What holds of every text and every rule."""

from hypothesis import given
from hypothesis import strategies as st

from fynix_server.policy.content_filter import ContentFilter, Kind, Rule, Verdict
from fynix_server.policy.content_filter.folding import (
    Table,
    classes,
    classes_with_symbols,
    fold_text,
    look_alike,
    natural,
)
from fynix_server.policy.content_filter.rules import VERDICTS
from tests.policy.rules import rule

PATTERNS: list[tuple[Kind, str]] = [
    ("word", "free"),
    ("word", "free money"),
    ("word", "免费"),
    ("word", "ab"),
    ("word", "сука"),
    ("regex", "a.b"),
    ("regex", r"(?i)\bfr\w+"),
    ("regex", "[^a]{2}"),
    ("domain", "evil.com"),
    ("domain", "bücher.de"),
    ("domain", "1.2.3.4"),
    ("max_links", "0"),
    ("max_links", "1"),
    ("attachment_type", "file:exe"),
    ("attachment_type", "image"),
]
PARTS = [
    *("free", "fr33", "FREE", "f r e e", "f.r.e.e", "frее", "freeeee", "money", "免费", "сука"),
    *("cyka", "a", "b", "ab", "axb", "evil.com", "https://", "http://evil.com/x", "@", "$", "."),
    *("bücher.de", "xn--bcher-kva.de", "%65", "%", "1.2.3.4", "//16909060/", "[::1]", "[", "\\"),
    *("a.exe", " ", "\n", "\u200b", "\u0336", "\u3002", "ﬁ", "ﷺ", "🇺🇸", "İ", "\x00", "ß"),
]
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.lists(st.sampled_from(PARTS), max_size=25).map("".join),
)
content_types = st.sampled_from(["text", "image", "file"])


@st.composite
def rule_lists(draw: st.DrawFn) -> list[Rule]:
    made = []
    for kind, pattern in draw(st.lists(st.sampled_from(PATTERNS), max_size=6)):
        verdicts: list[Verdict] = ["hold", "reject"]
        verdicts += [] if kind in ("max_links", "attachment_type") else ["allow", "mask"]
        made.append(
            rule(kind, pattern, draw(st.sampled_from(verdicts)), is_shadow=draw(st.booleans()))
        )
    return made


@given(rule_lists(), texts, content_types)
def test_every_match_lies_inside_and_only_masks_change_the_text(
    rules: list[Rule], text: str, content_type: str
) -> None:
    judged = ContentFilter(rules).judge(text, content_type)

    masked = set()
    for match in judged.matches:
        assert 0 <= match.start <= match.end <= len(text)
        assert not match.rule.is_shadow
        if match.rule.verdict == "mask":
            masked |= set(range(match.start, match.end))
    expected = "".join("*" if at in masked else char for at, char in enumerate(text))
    assert judged.text == expected


@given(rule_lists(), texts, content_types)
def test_the_verdict_is_the_strictest_of_those_that_match(
    rules: list[Rule], text: str, content_type: str
) -> None:
    judged = ContentFilter(rules).judge(text, content_type)

    found = {match.rule.verdict for match in judged.matches} | {"allow"}
    assert judged.verdict == max(found, key=VERDICTS.index)


@given(rule_lists(), texts, content_types)
def test_rules_in_shadow_change_nothing(rules: list[Rule], text: str, content_type: str) -> None:
    live = [it for it in rules if not it.is_shadow]

    with_shadows = ContentFilter(rules).judge(text, content_type)
    without = ContentFilter(live).judge(text, content_type)

    assert with_shadows.verdict == without.verdict
    assert with_shadows.text == without.text
    assert with_shadows.matches == without.matches


@given(rule_lists(), rule_lists(), texts, content_types)
def test_more_rules_that_are_no_exceptions_never_make_a_verdict_milder(
    rules: list[Rule], more: list[Rule], text: str, content_type: str
) -> None:
    stricter = [it for it in more if it.verdict != "allow"]

    before = ContentFilter(rules).judge(text, content_type).verdict
    after = ContentFilter([*rules, *stricter]).judge(text, content_type).verdict

    assert VERDICTS.index(after) >= VERDICTS.index(before)


@given(texts)
def test_a_text_is_folded_the_same_at_once_and_with_its_places(text: str) -> None:
    for fold in (natural, look_alike):
        for classes_of in (classes, classes_with_symbols):
            at_once = text.translate(Table(lambda char: classes_of(fold(char))))  # noqa: B023
            folded = fold_text(text, Table(fold))

            assert folded.fine.translate(Table(classes_of)) == at_once
            assert len(folded.origins) == len(folded.fine) + 1
            assert list(folded.origins) == sorted(folded.origins)


@given(texts)
def test_a_word_is_found_alone_however_it_is_wrapped(text: str) -> None:
    judged = ContentFilter([rule("word", "free")]).judge(f"{text}\nfree\n{text}", "text")

    assert any(
        (match.start, match.end) == (len(text) + 1, len(text) + 5) for match in judged.matches
    )

"""The filter itself: finds what the rules match, takes out the exceptions, and judges."""

from collections.abc import Iterable, Iterator

from fynix_server.policy.content_filter.attachments import AttachmentTypes
from fynix_server.policy.content_filter.domains import DomainIndex
from fynix_server.policy.content_filter.exceptions import AllowedDomains, Spans, is_as_spelt
from fynix_server.policy.content_filter.folding import look_alike
from fynix_server.policy.content_filter.links import Link, links
from fynix_server.policy.content_filter.regexes import RegexSet
from fynix_server.policy.content_filter.rules import (
    VERDICTS,
    Hit,
    Judgement,
    Kind,
    Match,
    Rule,
)
from fynix_server.policy.content_filter.words import WordIndex


class ContentFilter:
    """Rules, compiled once; they must have passed `check_rule`.

    Raises: InvalidInput (the regular expressions are too large together).
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._words = WordIndex(self._of_kind("word"))
        self._regexes = RegexSet((number, it.pattern) for number, it in self._of_kind("regex"))
        domains = self._of_kind("domain")
        self._domains = DomainIndex((n, it.pattern) for n, it in domains if it.verdict != "allow")
        self._allowed = AllowedDomains((n, it) for n, it in domains if it.verdict == "allow")
        self._max_links = [(n, int(it.pattern)) for n, it in self._of_kind("max_links")]
        self._attachments = AttachmentTypes(self._of_kind("attachment_type"))
        if self._rules:
            look_alike("\u0430")  # loads what it needs now, not with somebody's message

    def judge(self, text: str, content_type: str) -> Judgement:
        """What the rules say of a message. Never raises for a text that can be sent as UTF-8.

        `content_type`: `text`, `image` or `file`; it matters to the kind `attachment_type`.
        """
        hits = self._hits(text, content_type) if self._rules else []
        if not hits:
            return Judgement("allow", text, (), ())
        found = [Match(self._rules[rule], start, end) for rule, start, end in hits]
        matches = tuple(match for match in found if not match.rule.is_shadow)
        shadows = sorted({hit.rule for hit in hits if self._rules[hit.rule].is_shadow})
        return Judgement(
            max((match.rule.verdict for match in matches), key=VERDICTS.index, default="allow"),
            _masked(text, matches),
            matches,
            tuple(self._rules[number] for number in shadows),
            tuple(match for match in found if match.rule.is_shadow),
        )

    def _of_kind(self, kind: Kind) -> list[tuple[int, Rule]]:
        return [(number, rule) for number, rule in enumerate(self._rules) if rule.kind == kind]

    def _hits(self, text: str, content_type: str) -> list[Hit]:
        """What matches after exceptions, those too, by place."""
        linked = list(links(text)) if self._max_links or self._allowed else []
        allowed_hosts = list(self._allowed.find(linked))
        found = {*self._in_text(text), *allowed_hosts}
        if found and any(self._is_exception(hit) for hit in found):
            trusted = [link for link in linked if self._allowed.are_live_for(link)]
            found = set(self._without_exempt(found, trusted))
        hits = [
            *found,
            *self._too_many(linked),
            *self._attachments.find(text, content_type),
        ]
        return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.rule)) if hits else hits

    def _in_text(self, text: str) -> Iterator[Hit]:
        for hit in self._words.find(text):
            rule = self._rules[hit.rule]
            if rule.verdict != "allow" or is_as_spelt(rule.pattern, text[hit.start : hit.end]):
                yield hit
        yield from self._regexes.find(text)
        yield from self._domains.find(text)

    def _is_exception(self, hit: Hit) -> bool:
        """Whether it exempts others: those in shadow do not."""
        rule = self._rules[hit.rule]
        return rule.verdict == "allow" and not rule.is_shadow

    def _without_exempt(self, found: set[Hit], trusted: list[Link]) -> Iterator[Hit]:
        spans = [(hit.start, hit.end) for hit in found if self._is_exception(hit)]
        for_all = Spans(spans)
        for_regexes = Spans([*spans, *((link.start, link.end) for link in trusted)])
        for hit in found:
            rule = self._rules[hit.rule]
            exempt = for_regexes if rule.kind == "regex" else for_all
            if rule.verdict == "allow" or not exempt.cover(hit.start, hit.end):
                yield hit

    def _too_many(self, linked: list[Link]) -> Iterator[Hit]:
        counted = [link for link in linked if not self._allowed.are_live_for(link)]
        for number, most in self._max_links:
            if len(counted) > most:
                yield Hit(number, counted[most].start, counted[-1].end)


def _masked(text: str, matches: Iterable[Match]) -> str:
    masks = [match for match in matches if match.rule.verdict == "mask"]
    if not masks:
        return text
    chars = list(text)
    for match in masks:
        chars[match.start : match.end] = "*" * (match.end - match.start)
    return "".join(chars)

"""Exceptions: what no other rule matches, because a rule with the verdict `allow` does."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from fynix_server.policy.content_filter.domains import HostIndex
from fynix_server.policy.content_filter.links import Link
from fynix_server.policy.content_filter.rules import Hit, Rule


class Spans:
    """Parts of a text, asked whether one of them has all of another."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._ends = list(accumulate((end for _, end in ordered), max))

    def cover(self, start: int, end: int) -> bool:
        before = bisect_right(self._starts, start)
        return before > 0 and self._ends[before - 1] >= end


class AllowedDomains:
    """The rules of the kind `domain` that are exceptions."""

    def __init__(self, rules: Iterable[tuple[int, Rule]]) -> None:
        rules = list(rules)
        self._index = HostIndex((number, rule.pattern) for number, rule in rules)
        self._live = {number for number, rule in rules if not rule.is_shadow}

    def find(self, links: list[Link]) -> Iterator[Hit]:
        """The hosts of links that are theirs."""
        for link in links:
            for number in self._index.of(link.host):
                yield Hit(number, link.host_start, link.host_end)

    def are_live_for(self, link: Link) -> bool:
        return not self._live.isdisjoint(self._index.of(link.host))

    def __bool__(self) -> bool:
        return bool(self._index)


def is_as_spelt(pattern: str, written: str) -> bool:
    """Whether a word is the pattern but for upper and lower case and the amount of space."""
    return _plain(pattern) == _plain(written)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())

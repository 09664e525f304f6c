"""The shapes of the content filter: a rule, a match, and what is made of a message."""

from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

Kind = Literal["word", "regex", "domain", "max_links", "attachment_type"]
Verdict = Literal["allow", "mask", "hold", "reject"]

# From the mildest to the strictest.
VERDICTS: tuple[Verdict, ...] = ("allow", "mask", "hold", "reject")
MAX_PATTERN_CODE_POINTS = 500


@dataclass(frozen=True, slots=True)
class Rule:
    """What to look for, and what becomes of a message in which it is found.

    A rule whose verdict is `allow` is an exception to the live rules:

    - word, regex: what other words, regexes and domains match wholly inside its match is no match;
    - domain: the same for its host name where that is the host of a link (or stands bare); its
      link does not count for max_links; and a regex that matches inside the link does not match.
      Words and other domains in the rest of the link still do, so that the link of a trusted host
      carries nothing that could not be said without it;
    - attachment_type: a file of that type is not matched by other attachment types.

    Exceptions hold for what is spelt as they are, but for upper and lower case: a look-alike of
    the company's domain is just what a filter is to find.

    In shadow (`is_shadow`) a rule is looked for and changes nothing.
    """

    id: UUID
    name: str
    kind: Kind
    pattern: str
    verdict: Verdict
    is_shadow: bool


@dataclass(frozen=True, slots=True)
class Match:
    """Where a rule matches: code points `start` to `end` (excluded) of the text as it was sent.

    max_links: from the first link too many to the end of the last; attachment_type: all of it.
    """

    rule: Rule
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of a message.

    `verdict`: the strictest of the live rules that match; `allow` if none does.
    `text`: as it is to be stored: one `*` for each code point that a live rule masks.
    `matches`: of live rules, exceptions too, by place. `shadow_hits`: rules in shadow that would
    have matched, each once, in the order of the rules; `shadow_matches`: where, by place.
    """

    verdict: Verdict
    text: str
    matches: tuple[Match, ...]
    shadow_hits: tuple[Rule, ...]
    shadow_matches: tuple[Match, ...] = ()


class Hit(NamedTuple):
    """A match by the place of its rule in the filter's list."""

    rule: int
    start: int
    end: int

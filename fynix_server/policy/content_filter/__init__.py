"""The content filter: rules compiled once, and what they say of a message. Pure: no database.

`ContentFilter(rules).judge(text, content_type)` is all that the send path needs; `check_rule`
refuses what could not be compiled before it is stored (ADR 0036). `links(text)` says what counts as
a link, to the spam score too.
"""

from fynix_server.policy.content_filter.checks import check_rule
from fynix_server.policy.content_filter.engine import ContentFilter
from fynix_server.policy.content_filter.links import Link, links
from fynix_server.policy.content_filter.rules import Judgement, Kind, Match, Rule, Verdict

__all__ = [
    "ContentFilter",
    "Judgement",
    "Kind",
    "Link",
    "Match",
    "Rule",
    "Verdict",
    "check_rule",
    "links",
]

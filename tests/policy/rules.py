"""Rules as tests write them: checked as an admin's would be."""

from uuid import uuid4

from fynix_server.policy.content_filter import (
    ContentFilter,
    Judgement,
    Kind,
    Rule,
    Verdict,
    check_rule,
)


def rule(kind: Kind, pattern: str, verdict: Verdict = "reject", *, is_shadow: bool = False) -> Rule:
    check_rule(kind, pattern, verdict)
    return Rule(uuid4(), pattern, kind, pattern, verdict, is_shadow)


def judge(text: str, *rules: Rule, content_type: str = "text") -> Judgement:
    return ContentFilter(rules).judge(text, content_type)


def matched(text: str, *rules: Rule) -> list[str]:
    """The parts of the text that are matched, by place."""
    return [text[match.start : match.end] for match in judge(text, *rules).matches]

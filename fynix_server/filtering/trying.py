"""What the rules would say of a text. Nothing is stored, sent or counted."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from fynix_server.errors import InvalidInput
from fynix_server.filtering.queries import StoredRule
from fynix_server.filtering.rule_set import require_usable
from fynix_server.policy.content_filter import ContentFilter, Judgement, Match
from fynix_server.protocol.filtering import (
    FilterTestRequest,
    FilterTestResponse,
    RuleMatchResponse,
)
from fynix_server.resources import Resources
from fynix_server.tables import new_id


async def try_out(resources: Resources, wanted: FilterTestRequest) -> FilterTestResponse:
    """Judge a text by the rules in force here, and by candidates as if they were live.

    Raises: InvalidInput (a candidate cannot be taken, or not beside the others), Unavailable.
    """
    candidates = [
        StoredRule(new_id(), it.name, it.kind, it.pattern, it.verdict, False, True)
        for it in wanted.rules
    ]
    for number, candidate in enumerate(candidates):
        require_usable(candidate, f"body.rules.{number}")
    content_filter = resources.policy.content_filter
    if candidates:
        content_filter = await _with(resources, candidates)
    # In a thread: regular expressions made for the worst take longer than messages may wait.
    judgement = await asyncio.to_thread(content_filter.judge, wanted.text, wanted.content_type)
    return _told(wanted.text, judgement, {it.id for it in candidates})


async def _with(resources: Resources, candidates: list[StoredRule]) -> ContentFilter:
    rules = (*resources.policy.snapshot.rules, *(it.for_filter for it in candidates))
    try:
        return await resources.policy.compiled(rules)
    except InvalidInput as refusal:
        raise InvalidInput(refusal.detail, code="rules_too_large") from refusal


def _told(text: str, judgement: Judgement, candidates: set[UUID]) -> FilterTestResponse:
    def told(matches: Iterable[Match]) -> list[RuleMatchResponse]:
        return [_match(text, match, match.rule.id in candidates) for match in matches]

    return FilterTestResponse(
        verdict=judgement.verdict,
        stored_text=None if judgement.verdict == "reject" else judgement.text,
        matches=told(judgement.matches),
        shadow_matches=told(judgement.shadow_matches),
    )


def _match(text: str, match: Match, is_candidate: bool) -> RuleMatchResponse:
    rule = match.rule
    return RuleMatchResponse(
        rule_id=None if is_candidate else rule.id,
        name=rule.name,
        kind=rule.kind,
        pattern=rule.pattern,
        verdict=rule.verdict,
        start=match.start,
        end=match.end,
        matched=text[match.start : match.end],
    )

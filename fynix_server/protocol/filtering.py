"""The content filter from outside: its rules, and what they say of a text."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from fynix_server.protocol.fields import Content, Shape, Timestamp, WithoutNul
from fynix_server.protocol.messages import ClientContentType
from fynix_server.protocol.moderation import ActRequest

MAX_RULES = 5_000
"""So many take a quarter of a second to compile, on every instance, whenever one is changed."""
MAX_IMPORTED = 500
"""In one request; `fynix moderation filter import` sends as many as it takes."""
MAX_CANDIDATES = 20
MAX_PATTERN_CODE_POINTS = 500

RuleKind = Literal["word", "regex", "domain", "max_links", "attachment_type"]
RuleVerdict = Literal["allow", "mask", "hold", "reject"]
RuleName = Annotated[
    str,
    StringConstraints(
        to_lower=True, min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.\-]*$"
    ),
]
"""1 to 64 of `[a-z0-9_.-]`, the first a letter or a digit; capitals are folded."""
Pattern = Annotated[str, Field(min_length=1, max_length=MAX_PATTERN_CODE_POINTS), WithoutNul]


class RuleContent(Shape):
    """What a rule says. In shadow (`is_shadow`) it only counts what it would have done."""

    name: RuleName
    kind: RuleKind
    pattern: Pattern
    verdict: RuleVerdict
    is_shadow: StrictBool = True
    is_enabled: StrictBool = True


class RuleAddRequest(RuleContent, ActRequest):
    """A new rule: in shadow, unless it says otherwise."""


class RuleChangeRequest(ActRequest):
    """What is null stays as it is. Another pattern begins to count its hits anew."""

    name: RuleName | None = None
    pattern: Pattern | None = None
    verdict: RuleVerdict | None = None
    is_shadow: StrictBool | None = None
    is_enabled: StrictBool | None = None


class ImportedRule(Shape):
    """A rule by its name. `is_shadow` or `is_enabled` null: as it is; a new one in shadow, and
    enabled."""

    name: RuleName
    kind: RuleKind
    pattern: Pattern
    verdict: RuleVerdict
    is_shadow: StrictBool | None = None
    is_enabled: StrictBool | None = None


class RuleImportRequest(ActRequest):
    """Rules to add, or to change where the name is known; all of them or none."""

    rules: Annotated[list[ImportedRule], Field(min_length=1, max_length=MAX_IMPORTED)]


class RuleResponse(RuleContent):
    """A rule as it is stored. `hits`: how many messages it has matched, since its pattern is what
    it is; those of other instances are up to ten seconds late."""

    name: str  # whatever was stored at the host is shown too
    pattern: str
    id: UUID
    hits: int
    last_hit_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class RulesQuery(Shape):
    name: str | None = Field(
        None, max_length=64, description="The rule of exactly this name, in any case."
    )
    kind: RuleKind | None = None
    is_shadow: bool | None = None
    is_enabled: bool | None = None
    limit: int = Field(50, ge=1, le=100)
    after: str | None = Field(None, max_length=64, description="The last name of the page before.")


class RuleListResponse(Shape):
    """By name. `next_after` is null on the last page."""

    rules: list[RuleResponse]
    next_after: str | None


class RuleActResponse(Shape):
    """What an act has made of a rule; of a removed one, what it was. `audit_seq`: its number in the
    audit log; null in a dry run, which leaves none."""

    action: str
    dry_run: bool
    audit_seq: int | None
    rule: RuleResponse


class RuleImportResponse(Shape):
    """What became of the rules of an import, by name."""

    action: str
    dry_run: bool
    audit_seq: int | None
    added: list[str]
    changed: list[str]
    unchanged: list[str]


class CandidateRule(Shape):
    """A rule that is not stored, to be tried out as if it were live."""

    name: RuleName = "candidate"
    kind: RuleKind
    pattern: Pattern
    verdict: RuleVerdict = "reject"


class FilterTestRequest(Shape):
    """A text to be judged by the stored rules that are enabled, and by candidates."""

    text: Content
    content_type: ClientContentType = "text"
    rules: Annotated[list[CandidateRule], Field(max_length=MAX_CANDIDATES)] = Field(
        default_factory=list
    )


class RuleMatchResponse(Shape):
    """Which rule matched, and where: code points `start` to `end` (excluded) of the text, which
    are `matched`. `rule_id` null: a candidate."""

    rule_id: UUID | None
    name: str
    kind: RuleKind
    pattern: str
    verdict: RuleVerdict
    start: int
    end: int
    matched: str


class FilterTestResponse(Shape):
    """What would become of the text. `stored_text`: as it would be stored; null: not at all.

    `matches`: of live rules, exceptions too, by place; `shadow_matches`: of those in shadow, which
    change nothing.
    """

    verdict: RuleVerdict
    stored_text: str | None
    matches: list[RuleMatchResponse]
    shadow_matches: list[RuleMatchResponse]

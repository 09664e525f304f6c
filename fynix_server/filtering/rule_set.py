"""Changing the set of rules: compiled as a whole before anything is stored, and never in between.

Compiling takes up to a quarter of a second, for which no lock is held. So a change is worked out
on the rules as they are, compiled, and then stored only if they still are what they were.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.acts import TargetKind
from fynix_server.audit.transaction import act_transaction
from fynix_server.errors import Conflict, FieldError, InvalidInput, Unavailable
from fynix_server.filtering import queries
from fynix_server.filtering.queries import StoredRule
from fynix_server.policy import move_policy_version
from fynix_server.policy.content_filter import check_rule
from fynix_server.protocol.filtering import MAX_RULES, RuleContent, RuleResponse
from fynix_server.protocol.moderation import ActRequest
from fynix_server.resources import Resources

MAX_TRIES = 10
"""Each fails only where another instance has changed a rule meanwhile."""

Rules = dict[UUID, StoredRule]


@dataclass(frozen=True, slots=True)
class Edit:
    """What a change does to the set. `target`: the rule that it is about; None: several."""

    target: UUID | None = None
    added: list[StoredRule] = field(default_factory=list)
    changed: list[StoredRule] = field(default_factory=list)
    removed: list[UUID] = field(default_factory=list)

    def applied_to(self, rules: Rules) -> Rules:
        left = {id_: rule for id_, rule in rules.items() if id_ not in self.removed}
        return left | {rule.id: rule for rule in (*self.changed, *self.added)}


Plan = Callable[[Rules], Edit]
"""What to do to the rules as they are. Raises what keeps it from being done."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done. `rule`: the one that it is about, as it is now, or was before it was removed;
    `audit_seq`: None in a dry run."""

    edit: Edit
    rule: RuleResponse | None
    audit_seq: int | None


class _Overtaken(Exception):
    """Somebody else has changed the rules meanwhile."""


async def change_rules(
    resources: Resources, acting: Acting, request: ActRequest, plan: Plan
) -> Changed:
    """Do what `plan` makes of the rules; in force everywhere soon after.

    Raises: what `plan` raises; InvalidInput (code `rules_too_large`), Conflict (code
    `too_many_rules`), Unavailable (others change rules all the time).
    """
    await resources.policy.store_hits()  # of what the rules are until now
    async with resources.policy.changing_rules:
        changed = await _until_not_overtaken(resources, acting, request, plan)
    if request.dry_run:
        return replace(changed, audit_seq=None)
    await resources.policy.apply_change()
    return changed


async def _until_not_overtaken(
    resources: Resources, acting: Acting, request: ActRequest, plan: Plan
) -> Changed:
    for _ in range(MAX_TRIES):
        async with resources.database.read() as connection:
            rules = await queries.all_rules(connection)
        edit = plan(rules)
        await _require_fit(resources, rules, edit)
        try:
            return await _store(resources, acting, request, (rules, edit))
        except _Overtaken:
            continue
    raise Unavailable("The rules are being changed by others; try again.")


async def _store(
    resources: Resources, acting: Acting, request: ActRequest, planned: tuple[Rules, Edit]
) -> Changed:
    rules, edit = planned
    now = resources.clock()
    rule: RuleResponse | None = None
    audit_seq: int | None = None
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        # First: all changes of rules queue here, so that the look below is the last.
        await move_policy_version(connection)
        if await queries.all_rules(connection) != rules:
            raise _Overtaken
        if edit.removed and edit.target is not None:
            rule = await queries.find_rule(connection, edit.target)
        await queries.delete_rules(connection, edit.removed)
        await queries.update_rules(connection, edit.changed, now)
        await queries.forget_hits(connection, _other_patterns(rules, edit))
        await queries.insert_rules(connection, edit.added, now)
        if rule is None and edit.target is not None:
            rule = await queries.find_rule(connection, edit.target)
        act = _act(acting, request, rules, edit)
        audit_seq = await record_act(connection, acting.actor, act, now)
    return Changed(edit, rule, audit_seq)


async def _require_fit(resources: Resources, rules: Rules, edit: Edit) -> None:
    """Raises: Conflict (too many), InvalidInput (too large together)."""
    wanted = edit.applied_to(rules)
    if edit.added and len(wanted) > MAX_RULES:
        raise Conflict(
            f"There would be {len(wanted):,} rules, where {MAX_RULES:,} are the most.",
            code="too_many_rules",
        )
    enabled = tuple(rule.for_filter for rule in wanted.values() if rule.is_enabled)
    try:
        await resources.policy.compiled(enabled)
    except InvalidInput as refusal:
        raise InvalidInput(refusal.detail, code="rules_too_large") from refusal


def _other_patterns(rules: Rules, edit: Edit) -> list[UUID]:
    return [
        it.id
        for it in edit.changed
        if (it.kind, it.pattern) != (rules[it.id].kind, rules[it.id].pattern)
    ]


def _act(acting: Acting, request: ActRequest, rules: Rules, edit: Edit) -> Act:
    before = [rules[id_] for id_ in (*(it.id for it in edit.changed), *edit.removed)]
    after = [*edit.changed, *edit.added]
    target = None if edit.target is None else str(edit.target)
    kind: TargetKind | None = None if target is None else "rule"
    details = [
        {rule.name: content_of(rule) for rule in side}
        if target is None
        else next(map(content_of, side), {})
        for side in (before, after)
    ]
    return Act(acting.act, kind, target, details[0], details[1], request.reason)


def content_of(rule: StoredRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in RuleContent.model_fields}


def require_usable(rule: StoredRule, where: str = "body") -> None:
    """Raises: InvalidInput (code `rule_unusable`), which names the field and what is wrong."""
    try:
        check_rule(rule.kind, rule.pattern, rule.verdict)
    except InvalidInput as refusal:
        errors = tuple(FieldError(f"{where}.{it.field}", it.detail) for it in refusal.errors)
        detail = f"{rule.name}: {refusal.detail}"
        raise InvalidInput(detail, code="rule_unusable", errors=errors) from refusal

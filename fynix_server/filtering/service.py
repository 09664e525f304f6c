"""Rules: listed, added, changed, removed, and imported by the hundred."""

from dataclasses import replace
from uuid import UUID

from fynix_server.administered import Acting
from fynix_server.errors import Conflict, InvalidInput, NotFound
from fynix_server.filtering import queries
from fynix_server.filtering.queries import StoredRule
from fynix_server.filtering.rule_set import Changed, Edit, Rules, change_rules, require_usable
from fynix_server.protocol.filtering import (
    ImportedRule,
    RuleActResponse,
    RuleAddRequest,
    RuleChangeRequest,
    RuleImportRequest,
    RuleImportResponse,
    RuleListResponse,
    RuleResponse,
    RulesQuery,
)
from fynix_server.protocol.moderation import ActRequest
from fynix_server.resources import Resources
from fynix_server.tables import new_id


async def list_rules(resources: Resources, wanted: RulesQuery) -> RuleListResponse:
    """A page of rules by name, with the hits of this instance up to now."""
    if "\x00" in f"{wanted.name}{wanted.after}":
        # No name has it, and Postgres would refuse the question.
        return RuleListResponse(rules=[], next_after=None)
    await resources.policy.store_hits()
    async with resources.database.read() as connection:
        found = await queries.rules_page(connection, wanted, wanted.limit + 1)
    page = found[: wanted.limit]
    next_after = page[-1].name if len(found) > len(page) else None
    return RuleListResponse(rules=page, next_after=next_after)


async def show_rule(resources: Resources, rule_id: UUID) -> RuleResponse:
    """One rule, with the hits of this instance up to now. Raises: NotFound."""
    await resources.policy.store_hits()
    async with resources.database.read() as connection:
        rule = await queries.find_rule(connection, rule_id)
    if rule is None:
        raise _no_such_rule()
    return rule


async def add_rule(
    resources: Resources, acting: Acting, request: RuleAddRequest
) -> RuleActResponse:
    """Add a rule. Raises: InvalidInput, Conflict (its name is taken, there are too many)."""
    rule = StoredRule.of(new_id(), request)
    require_usable(rule)

    def plan(rules: Rules) -> Edit:
        _require_free_name(rules, rule)
        return Edit(rule.id, added=[rule])

    return _told(acting, request, await change_rules(resources, acting, request, plan))


async def change_rule(
    resources: Resources, acting: Acting, rule_id: UUID, request: RuleChangeRequest
) -> RuleActResponse:
    """Change what the request names. Raises: NotFound, InvalidInput, Conflict (its name is taken,
    or it is all so already)."""
    changes = request.model_dump(exclude=set(ActRequest.model_fields), exclude_none=True)
    if not changes:
        raise InvalidInput("Say what to change.")

    def plan(rules: Rules) -> Edit:
        if rule_id not in rules:
            raise _no_such_rule()
        changed = replace(rules[rule_id], **changes)
        if changed == rules[rule_id]:
            raise Conflict("The rule is so already.", code="already_so")
        _require_free_name(rules, changed)
        require_usable(changed)
        return Edit(rule_id, changed=[changed])

    return _told(acting, request, await change_rules(resources, acting, request, plan))


async def remove_rule(
    resources: Resources, acting: Acting, rule_id: UUID, request: ActRequest
) -> RuleActResponse:
    """Remove a rule, and what it has counted. Raises: NotFound."""

    def plan(rules: Rules) -> Edit:
        if rule_id not in rules:
            raise _no_such_rule()
        return Edit(rule_id, removed=[rule_id])

    return _told(acting, request, await change_rules(resources, acting, request, plan))


async def import_rules(
    resources: Resources, acting: Acting, request: RuleImportRequest
) -> RuleImportResponse:
    """Add those whose names are new, and make the others what the import says: all, or nothing.

    Raises: InvalidInput (also a name twice), Conflict (there are too many).
    """
    names = [it.name for it in request.rules]
    if len(names) != len(set(names)):
        twice = next(name for number, name in enumerate(names) if name in names[:number])
        raise InvalidInput(f"The rule {twice} is there twice.")

    def plan(rules: Rules) -> Edit:
        known = {rule.name: rule for rule in rules.values()}
        edit = Edit()
        for number, imported in enumerate(request.rules):
            rule = _as_imported(imported, known.get(imported.name))
            require_usable(rule, f"body.rules.{number}")
            if imported.name not in known:
                edit.added.append(rule)
            elif rule != known[imported.name]:
                edit.changed.append(rule)
        return edit

    done = await change_rules(resources, acting, request, plan)
    added = {it.name for it in done.edit.added}
    changed = {it.name for it in done.edit.changed}
    return RuleImportResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=done.audit_seq,
        added=[name for name in names if name in added],
        changed=[name for name in names if name in changed],
        unchanged=[name for name in names if name not in added | changed],
    )


def _as_imported(imported: ImportedRule, known: StoredRule | None) -> StoredRule:
    given = imported.model_dump(exclude_none=True)
    if known is None:
        return StoredRule(new_id(), **{"is_shadow": True, "is_enabled": True, **given})
    return replace(known, **given)


def _require_free_name(rules: Rules, rule: StoredRule) -> None:
    if any(it.name == rule.name and it.id != rule.id for it in rules.values()):
        raise Conflict(f"There is a rule called {rule.name} already.", code="rule_exists")


def _no_such_rule() -> NotFound:
    return NotFound("There is no such rule.", code="rule_not_found")


def _told(acting: Acting, request: ActRequest, done: Changed) -> RuleActResponse:
    assert done.rule is not None  # noqa: S101 - the edit is about one rule
    return RuleActResponse(
        action=acting.act, dry_run=request.dry_run, audit_seq=done.audit_seq, rule=done.rule
    )

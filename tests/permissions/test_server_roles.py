"""One table: what each role on the server may do, tried at every route of `/api/admin` there is.

Nothing here names a route or an act: a new one is tried as soon as the application has it. Bodies
are made of what its description says of itself, and are dry runs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from fynix_server.administered import ATTEMPTS_AT_POWER, act_of
from fynix_server.permissions import LEAST_ROLE, RANK, ServerAct
from fynix_server.tables import TABLES, AuditEntry, AuditHead
from tests.people import Api, Person
from tests.staff import audited, promoted

ROLES = tuple(sorted(RANK, key=lambda role: RANK[role]))
_IDS = {"string": "x", "int": "1"}


@dataclass(frozen=True)
class AdminRoute:
    """`body`: one that it takes; None: it takes none."""

    method: str
    path: str
    act: ServerAct
    body: dict[str, Any] | None

    @property
    def is_over_somebody(self) -> bool:
        """Whether it does something to a person, as no person does to themselves."""
        is_of_people = self.act.startswith("user.") and self.act is not ServerAct.USER_EXPORT
        return is_of_people and self.method != "GET" and "user_id>" in self.path

    def url(self, user_id: UUID | None = None) -> str:
        """`user_id` None: nobody's; whatever else it names does not exist."""

        def fill(found: re.Match[str]) -> str:
            if found["name"] == "user_id" and user_id is not None:
                return str(user_id)
            return _IDS.get(found["kind"] or "string", str(uuid4()))

        return re.sub(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>", fill, self.path)


async def admin_routes(api: Api) -> list[AdminRoute]:
    described = (await api.client.get("/openapi.json")).json()
    found = []
    for rule in api.app.url_map.iter_rules():
        act = act_of(api.app.view_functions[rule.endpoint])
        if act is None:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            body = _body(described, rule.rule, method)
            found.append(AdminRoute(method, rule.rule, act, body))
    return sorted(found, key=lambda it: (it.path, it.method))


def _body(described: dict[str, Any], rule: str, method: str) -> dict[str, Any] | None:
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
    asked = described["paths"][path][method.lower()].get("requestBody")
    if asked is None:
        return None
    shape = _resolved(described, asked["content"]["application/json"]["schema"])
    values = {
        name: _value(described, shape["properties"][name]) for name in shape.get("required", ())
    }
    # One of two ways to say it is required, which a description cannot tell.
    chosen = {"dry_run": True, "since_seconds": 60}
    return values | {name: it for name, it in chosen.items() if name in shape["properties"]}


def _resolved(described: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in shape:
        return shape
    found: Any = described
    for step in shape["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _value(described: dict[str, Any], shape: dict[str, Any]) -> Any:
    """Something that this shape allows."""
    shape = _resolved(described, shape)
    if "anyOf" in shape:
        return _value(described, shape["anyOf"][0])
    if "enum" in shape:
        return shape["enum"][0]
    if shape.get("format") == "uuid":
        return str(uuid4())
    plain = {"integer": shape.get("minimum", 1), "boolean": False, "array": [], "object": {}}
    return plain.get(shape.get("type", ""), "because")


class Cast:
    """Somebody of each role who acts, and another of each to be acted on."""

    def __init__(self, actors: dict[str, Person], targets: dict[str, Person]) -> None:
        self.actors = actors
        self.targets = targets

    def targets_of(self, role: str) -> Iterator[tuple[str, Person]]:
        yield from self.targets.items()
        yield "oneself", self.actors[role]


@pytest.fixture
async def cast(unlimited: Api) -> Cast:
    actors = {role: await promoted(unlimited, f"acting.{role}", role) for role in ROLES}
    targets = {role: await promoted(unlimited, f"target.{role}", role) for role in ROLES}
    return Cast(actors, targets)


async def stored(api: Api) -> dict[str, list[Any]]:
    """Every table but the audit log."""
    logs = (AuditEntry.__table__, AuditHead.__table__)
    async with api.resources.database.read() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in await connection.execute(select(table))), key=repr
            )
            for table in TABLES
            if table not in logs
        }


async def refusal(actor: Person, route: AdminRoute, url: str) -> str | None:
    """The code with which power is refused; None: it is not."""
    answer = await actor.client.request(route.method, url, json=route.body)
    assert answer.status_code < 500, (route, answer.text)
    code = answer.json().get("code") if answer.content else None
    return code if code in ATTEMPTS_AT_POWER else None


def test_whatever_a_role_may_do_those_above_it_may_too_and_nothing_is_for_users() -> None:
    assert LEAST_ROLE.keys() == set(ServerAct)
    assert ROLES == ("user", "moderator", "admin")
    assert set(LEAST_ROLE.values()) == {"moderator", "admin"}


async def test_every_route_is_refused_to_the_roles_below_that_of_its_act_and_to_no_other(
    unlimited: Api, cast: Cast
) -> None:
    routes = await admin_routes(unlimited)
    before = await stored(unlimited)

    found = {
        (route.method, route.path, role): await refusal(cast.actors[role], route, route.url())
        for route in routes
        for role in ROLES
    }

    assert found == {
        (route.method, route.path, role): (
            "role_required" if RANK[role] < RANK[LEAST_ROLE[route.act]] else None
        )
        for route in routes
        for role in ROLES
    }
    # What is allowed names nobody, or was a dry run.
    assert await stored(unlimited) == before


async def test_nobody_acts_on_themselves_nor_a_moderator_on_whoever_has_a_role(
    unlimited: Api, cast: Cast
) -> None:
    routes = [it for it in await admin_routes(unlimited) if it.is_over_somebody]
    before = await stored(unlimited)

    found, expected = {}, {}
    for route in routes:
        for role in ROLES:
            for whom, target in cast.targets_of(role):
                tried = (route.method, route.path, role, whom)
                url = route.url(target.user_id)
                found[tried] = await refusal(cast.actors[role], route, url)
                expected[tried] = expected_refusal(route.act, role, whom)

    assert found == expected
    assert await stored(unlimited) == before


def expected_refusal(act: ServerAct, role: str, whom: str) -> str | None:
    if RANK[role] < RANK[LEAST_ROLE[act]]:
        return "role_required"
    if whom == "oneself":
        return "acting_on_oneself"
    return "role_too_high" if role == "moderator" and whom != "user" else None


async def test_every_attempt_at_power_stands_in_the_audit_log_and_nothing_else_does(
    unlimited: Api, cast: Cast
) -> None:
    routes = [it for it in await admin_routes(unlimited) if it.is_over_somebody]

    attempts = []
    for route in routes:
        for role in ROLES:
            actor = cast.actors[role]
            for _, target in cast.targets_of(role):
                code = await refusal(actor, route, route.url(target.user_id))
                if code is not None:
                    whom = str(target.user_id)
                    attempts.append((route.act, str(actor.user_id), whom, "refused", code))

    entries = await audited(unlimited)
    told = [(it.action, it.actor_id, it.target_id, it.outcome) for it in entries]
    assert told == [attempt[:4] for attempt in attempts]
    assert all(code in it.details for it, (*_, code) in zip(entries, attempts, strict=True))


async def test_without_a_token_no_route_says_anything(unlimited: Api) -> None:
    answers = {
        (route.method, route.path): await unlimited.client.request(
            route.method, route.url(), json=route.body
        )
        for route in await admin_routes(unlimited)
    }

    assert answers
    assert {it.status_code for it in answers.values()} == {401}
    assert await audited(unlimited) == []

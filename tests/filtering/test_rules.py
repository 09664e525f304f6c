"""Rules are edited while the server runs: all of a change is in force, or nothing of it."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from tests.filtering.scene import CASINO, RULES, add, bring_in, change, judged, listed, remove
from tests.people import Api, Serve
from tests.staff import audited, promoted

LARGE = "|".join(f"[a-q]x{{{length}}}" for length in (90, 91, 92, 93, 94, 95, 96, 97, 98))


async def test_the_life_of_a_rule(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    alice, bob = await api.people("alice", "bob")
    dm = await alice.dm(bob)

    added = await add(admin)
    rule_id = added.json()["rule"]["id"]
    in_shadow = await alice.send(dm, "a casino")
    watched = await admin.client.get(f"{RULES}/{rule_id}")
    lived = await change(admin, rule_id, is_shadow=False)
    refused = await alice.send(dm, "a casino")
    off = await change(admin, rule_id, is_enabled=False)
    fine = await alice.send(dm, "a casino")
    (still,) = await listed(admin)
    other = await change(admin, rule_id, is_enabled=True, pattern="poker", verdict="mask")
    masked = await alice.send(dm, "a casino, poker")
    gone = await remove(admin, rule_id)
    after = await alice.send(dm, "poker")

    assert added.status_code == 201, added.text
    assert added.json()["rule"]["is_shadow"] is True
    assert in_shadow.status_code == fine.status_code == after.status_code == 201
    assert (watched.json()["hits"], watched.json()["last_hit_at"] is None) == (1, False)
    assert lived.json()["rule"]["is_shadow"] is False
    assert (refused.status_code, refused.json()["code"]) == (400, "content_rejected")
    assert off.json()["rule"]["is_enabled"] is False
    assert still["hits"] == 2
    assert (other.json()["rule"]["hits"], other.json()["rule"]["last_hit_at"]) == (0, None)
    assert masked.json()["content"] == "a casino, *****"
    assert gone.json()["rule"]["hits"] == 1
    assert await listed(admin) == []
    assert [it.action for it in await audited(api)] == [
        "filter.add",
        *["filter.change"] * 3,
        "filter.remove",
    ]


async def test_each_change_stands_in_the_audit_log_with_the_rule_before_and_after(
    api: Api,
) -> None:
    admin = await promoted(api, "root", "admin")
    rule_id = (await add(admin)).json()["rule"]["id"]

    done = await change(admin, rule_id, name="gambling")

    _, entry = await audited(api)
    assert done.json()["audit_seq"] == entry.seq == 2
    assert (entry.target_kind, entry.target_id) == ("rule", rule_id)
    whole = {**CASINO, "is_shadow": True, "is_enabled": True}
    assert json.loads(entry.details) == {
        "before": whole,
        "after": {**whole, "name": "gambling"},
        "reason": "because",
    }


@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ({"kind": "regex", "pattern": "a**"}, 400, "rule_unusable"),
        ({"kind": "regex", "pattern": "(a{1000}){1000}"}, 400, "rule_unusable"),
        ({"kind": "regex", "pattern": "a*"}, 400, "rule_unusable"),
        ({"kind": "regex", "pattern": r"(a)\1"}, 400, "rule_unusable"),
        ({"kind": "word", "pattern": "\u200b"}, 400, "rule_unusable"),
        ({"kind": "domain", "pattern": "http://evil.com/x"}, 400, "rule_unusable"),
        ({"kind": "max_links", "pattern": "-1"}, 400, "rule_unusable"),
        ({"kind": "max_links", "pattern": "3", "verdict": "mask"}, 400, "rule_unusable"),
        ({"kind": "attachment_type", "pattern": "exe"}, 400, "rule_unusable"),
        ({"pattern": "a" * 501}, 400, "invalid_input"),
        ({"pattern": "nul\x00"}, 400, "invalid_input"),
        ({"name": "\x1b[2J"}, 400, "invalid_input"),
        ({"name": ""}, 400, "invalid_input"),
        ({"kind": "glob"}, 400, "invalid_input"),
        ({"verdict": "delete"}, 400, "invalid_input"),
        ({"is_shadow": "no"}, 400, "invalid_input"),
        ({"reason": " "}, 400, "invalid_input"),
        ({"name": "CASINO"}, 409, "rule_exists"),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_its_reason_and_the_old_set_works_on(
    api: Api, rule: dict[str, Any], status: int, code: str
) -> None:
    admin = await promoted(api, "root", "admin")
    await add(admin, is_shadow=False)
    before = await listed(admin)

    refused = await add(admin, **{"name": "new", **rule})

    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert await listed(admin) == before
    assert (await judged(admin, "a casino")).json()["verdict"] == "reject"
    assert len(await audited(api)) == 1


async def test_regexes_that_are_too_large_together_are_refused_and_nothing_is_stored(
    api: Api,
) -> None:
    admin = await promoted(api, "root", "admin")
    await add(admin, is_shadow=False)
    rules = [
        {"name": f"r{number}", "kind": "regex", "pattern": f"{number}{LARGE}", "verdict": "hold"}
        for number in range(40)
    ]

    refused = await bring_in(admin, *rules)
    without = await bring_in(admin, *({**rule, "is_enabled": False} for rule in rules))
    enabled = [
        await change(admin, rule["id"], is_enabled=True)
        for rule in await listed(admin, is_enabled=False)
    ]

    assert (refused.status_code, refused.json()["code"]) == (400, "rules_too_large")
    assert len(without.json()["added"]) == 40
    assert enabled[0].status_code == 200
    assert (enabled[-1].status_code, enabled[-1].json()["code"]) == (400, "rules_too_large")
    assert (await judged(admin, "a casino")).json()["verdict"] == "reject"


async def test_two_instances_add_and_change_at_once_and_nothing_is_lost(serve: Serve) -> None:
    here, there = await serve(), await serve()
    admin = await promoted(here, "root", "admin")
    shared = (await add(admin, name="shared")).json()["rule"]["id"]
    headers = {"Authorization": f"Bearer {admin.access_token}"}

    async def post(api: Api, name: str, pattern: str) -> int:
        body = {**CASINO, "reason": "r", "name": name, "pattern": pattern, "is_shadow": False}
        return (await api.client.post(RULES, json=body, headers=headers)).status_code

    async def patch(api: Api, pattern: str) -> int:
        body = {"reason": "r", "pattern": pattern}
        url = f"{RULES}/{shared}"
        return (await api.client.patch(url, json=body, headers=headers)).status_code

    answers = await asyncio.gather(
        *(post(here, f"here{number}", f"here{number}") for number in range(5)),
        *(post(there, f"there{number}", f"there{number}") for number in range(5)),
        *(post(api, "same", "same") for api in (here, there)),
        *(patch(api, f"other{number}") for number, api in enumerate((here, there))),
    )

    assert sorted(answers[:10]) == [201] * 10
    assert sorted(answers[10:12]) == [201, 409]
    assert sorted(answers[12:]) == [200, 200]
    assert len(await listed(admin)) == 12
    entries = await audited(here)
    assert [it.seq for it in entries] == list(range(1, 15))
    for api in (here, there):
        await api.resources.policy.refresh()
        rules = api.resources.policy.snapshot.rules
        assert len(rules) == 12
        assert api.resources.policy.content_filter.judge("there3", "text").verdict == "reject"


async def test_a_change_of_nothing_is_refused(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    rule_id = (await add(admin)).json()["rule"]["id"]

    nothing = await change(admin, rule_id)
    same = await change(admin, rule_id, is_shadow=True, pattern="casino")
    missing = [
        await change(admin, str(uuid4()), is_shadow=False),
        await remove(admin, str(uuid4())),
    ]

    assert (nothing.status_code, nothing.json()["code"]) == (400, "invalid_input")
    assert (same.status_code, same.json()["code"]) == (409, "already_so")
    assert {(it.status_code, it.json()["code"]) for it in missing} == {(404, "rule_not_found")}
    assert len(await audited(api)) == 1


async def test_a_dry_run_meets_every_refusal_and_changes_nothing(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    rule_id = (await add(admin, is_shadow=False)).json()["rule"]["id"]
    before = await listed(admin)

    tried = [
        await add(admin, name="new", dry_run=True),
        await change(admin, rule_id, verdict="mask", dry_run=True),
        await remove(admin, rule_id, dry_run=True),
        await bring_in(admin, {**CASINO, "pattern": "poker"}, dry_run=True),
    ]
    refused = await add(admin, dry_run=True)

    assert [it.status_code for it in tried] == [201, 200, 200, 200]
    assert {it.json()["audit_seq"] for it in tried} == {None}
    assert (refused.status_code, refused.json()["code"]) == (409, "rule_exists")
    assert await listed(admin) == before
    assert (await judged(admin, "a casino")).json()["verdict"] == "reject"
    assert len(await audited(api)) == 1


async def test_an_import_adds_changes_and_leaves_alone(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    await bring_in(admin, CASINO, {**CASINO, "name": "live", "is_shadow": False})

    done = await bring_in(
        admin,
        CASINO,
        {**CASINO, "name": "live", "verdict": "mask"},
        {**CASINO, "name": "new", "is_enabled": False},
    )

    told = done.json()
    assert (told["added"], told["changed"], told["unchanged"]) == (["new"], ["live"], ["casino"])
    assert [(it["name"], it["is_shadow"], it["is_enabled"]) for it in await listed(admin)] == [
        ("casino", True, True),
        ("live", False, True),
        ("new", True, False),
    ]
    entry = (await audited(api))[-1]
    details = json.loads(entry.details)
    assert (entry.action, entry.target_id) == ("filter.import", None)
    assert (list(details["before"]), sorted(details["after"])) == (["live"], ["live", "new"])


async def test_one_bad_rule_keeps_a_whole_import_out_and_is_named(api: Api) -> None:
    admin = await promoted(api, "root", "admin")

    bad = await bring_in(admin, CASINO, {**CASINO, "name": "b", "kind": "regex", "pattern": "("})
    twice = await bring_in(admin, CASINO, CASINO)
    many = await bring_in(admin, *({**CASINO, "name": f"n{number}"} for number in range(501)))

    assert (bad.status_code, bad.json()["code"]) == (400, "rule_unusable")
    assert bad.json()["errors"][0]["field"] == "body.rules.1.pattern"
    assert {it.status_code for it in (twice, many)} == {400}
    assert await listed(admin) == []


async def test_rules_are_listed_by_name_page_by_page_and_by_what_they_are(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    await bring_in(
        admin,
        *({**CASINO, "name": f"n{number}"} for number in range(3)),
        {"name": "links", "kind": "max_links", "pattern": "3", "verdict": "hold"},
        {**CASINO, "name": "live", "is_shadow": False},
        {**CASINO, "name": "off", "is_enabled": False},
    )

    async def names(**query: Any) -> list[str]:
        return [it["name"] for it in await listed(admin, **query)]

    first = (await admin.client.get(RULES, params={"limit": 4})).json()
    assert [it["name"] for it in first["rules"]] == ["links", "live", "n0", "n1"]
    assert await names(after=first["next_after"]) == ["n2", "off"]
    assert await names(kind="max_links") == ["links"]
    assert await names(is_shadow="false") == ["live"]
    assert await names(is_enabled="false") == ["off"]
    assert await names(name="N1") == ["n1"]
    assert await names(after="\x00") == await names(name="\x00") == []


async def test_moderators_look_and_try_but_do_not_edit_and_others_do_neither(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    moderator = await promoted(api, "mod", "moderator")
    bob = await api.register("bob")
    rule_id = (await add(admin)).json()["rule"]["id"]

    looked = [await moderator.client.get(RULES), await judged(moderator, "a casino")]
    refused = [
        await add(moderator, name="mine"),
        await change(moderator, rule_id, is_enabled=False),
        await remove(moderator, rule_id),
        await bring_in(moderator, CASINO),
        await bob.client.get(RULES),
        await judged(bob, "a casino"),
    ]

    assert {it.status_code for it in looked} == {200}
    assert {(it.status_code, it.json()["code"]) for it in refused} == {(403, "role_required")}
    assert [(it.action, it.outcome) for it in (await audited(api))[1:]] == [
        ("filter.add", "refused"),
        ("filter.change", "refused"),
        ("filter.remove", "refused"),
        ("filter.import", "refused"),
        ("filter.list", "refused"),
        ("filter.test", "refused"),
    ]
    assert len(await listed(admin)) == 1

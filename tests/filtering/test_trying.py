"""A text can be tried out: one sees which rule matches, where, and what would become of it."""

from tests.filtering.scene import add, judged, listed
from tests.people import Api
from tests.staff import audited, promoted


async def test_a_test_tells_what_would_become_of_a_text_and_counts_nothing(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    moderator = await promoted(api, "mod", "moderator")
    await add(admin, verdict="mask", is_shadow=False)
    await add(admin, name="poker", pattern="poker", verdict="reject")

    told = (await judged(moderator, "a c4sino, poker")).json()

    assert (told["verdict"], told["stored_text"]) == ("mask", "a ******, poker")
    (match,), (shadow,) = told["matches"], told["shadow_matches"]
    assert (match["name"], match["start"], match["end"], match["matched"]) == (
        "casino",
        2,
        8,
        "c4sino",
    )
    assert (shadow["name"], shadow["verdict"], shadow["matched"]) == ("poker", "reject", "poker")
    assert [it["hits"] for it in await listed(admin)] == [0, 0]
    assert len(await audited(api)) == 2


async def test_a_candidate_is_tried_beside_the_stored_rules_and_not_stored(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    await add(admin, verdict="allow", pattern="casino royale", is_shadow=False)
    rules = [{"kind": "word", "pattern": "casino"}]

    fine = (await judged(admin, "casino royale", rules=rules)).json()
    rejected = (await judged(admin, "casino", rules=rules)).json()

    assert fine["verdict"] == "allow"
    assert (rejected["verdict"], rejected["stored_text"]) == ("reject", None)
    assert [(it["rule_id"], it["name"]) for it in rejected["matches"]] == [(None, "candidate")]
    assert (await judged(admin, "casino")).json()["verdict"] == "allow"
    assert len(await listed(admin)) == 1


async def test_a_candidate_that_cannot_be_taken_is_refused_with_its_reason(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    bad = [
        {"kind": "regex", "pattern": "(x{1000}){1000}"},
        {"kind": "regex", "pattern": "("},
        {"kind": "max_links", "pattern": "many"},
    ]

    refused = [await judged(admin, "text", rules=[rule]) for rule in bad]
    many = await judged(admin, "text", rules=[{"kind": "word", "pattern": "a"}] * 21)
    long = await judged(admin, "a" * 2001)

    assert {(it.status_code, it.json()["code"]) for it in refused} == {(400, "rule_unusable")}
    assert {it.json()["errors"][0]["field"] for it in refused} == {"body.rules.0.pattern"}
    assert {it.status_code for it in (many, long)} == {400}


async def test_a_text_is_judged_by_the_type_of_its_message(api: Api) -> None:
    admin = await promoted(api, "root", "admin")
    rules = [{"kind": "attachment_type", "pattern": "file:exe"}]

    verdicts = [
        (await judged(admin, "a.exe", content_type=kind, rules=rules)).json()["verdict"]
        for kind in ("text", "file")
    ]

    assert verdicts == ["allow", "reject"]

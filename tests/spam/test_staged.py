"""The made-up people of the measurement, as rows of a database: they are judged as on paper."""

from fynix_server.spam.assessing import assess, gather_complaints
from fynix_server.spam.conduct import signals_of
from fynix_server.spam.gathering import gather_signals
from fynix_server.spam.score import Measure, measure_for, score
from tests.people import Api, Serve
from tests.spam.staged import stage
from tests.spam.traffic import KINDS, Labelled, generate
from tests.spam.traffic.story import NOW
from tests.staff import audited, promoted

PEOPLE = generate(seed=11, each=1)
_MOST_CONVERSATIONS = 300
"""What is read of one person; the bot may have more."""


def _is_read_whole(person: Labelled) -> bool:
    conduct = person.story.conduct
    return len({it.recipient for it in conduct.sent}) + len(conduct.openings) <= _MOST_CONVERSATIONS


async def test_what_is_gathered_of_everybody_is_what_was_told_of_them(api: Api) -> None:
    database, now = api.resources.database, api.clock()
    people = [it for it in PEOPLE if _is_read_whole(it)]
    ids = [await stage(database, it.story, now) for it in people]

    for person, user_id in zip(people, ids, strict=True):
        complaints = await gather_complaints(database, user_id, now)
        signals = await gather_signals(database, user_id, now, complaints)

        told = signals_of(person.story.conduct, person.story.complaints, NOW)
        assert complaints == person.story.complaints, person.kind.name
        assert signals == told, person.kind.name
    assert len(people) >= len(KINDS) - 2


async def test_of_the_honest_nobody_is_held_and_of_the_spammers_some_are(serve: Serve) -> None:
    api = await serve(rate_limits="off", spam="act")
    moderator = await promoted(api, "mod", "moderator")
    database = api.resources.database
    kinds = {}
    for person in PEOPLE:
        user_id = await stage(database, person.story, api.clock())
        kinds[str(user_id)] = person.kind
        url = f"/api/admin/users/{user_id}/spam/judge"
        answer = await moderator.client.post(url, json={"reason": "because"})
        assert answer.status_code == 200, answer.text

    # Some were taken by the watch, which has found that others complain of them.
    taken = [it for it in await audited(api) if it.actor_kind == "server"]
    stopped = [kinds[it.target_id] for it in taken if it.action in ("spam.hold", "spam.suspend")]
    assert [it.name for it in stopped if not it.is_spam] == []
    assert len(stopped) >= 3


async def test_a_score_on_paper_and_one_of_the_server_agree(api: Api) -> None:
    (blaster,) = (it for it in PEOPLE if it.kind.name == "copy-paste blaster")
    user_id = await stage(api.resources.database, blaster.story, api.clock())

    assessed = await assess(api.resources.database, user_id, api.clock())

    on_paper = score(signals_of(blaster.story.conduct, blaster.story.complaints, NOW))
    assert assessed.scored == on_paper
    assert assessed.measure is measure_for(on_paper)
    assert assessed.measure is not Measure.NONE

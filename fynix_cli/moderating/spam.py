"""The spam score from a terminal: explained, listed, acted on."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fynix_cli.client.admin import AdminClient
from fynix_cli.client.spam import SpamClient
from fynix_cli.moderating.people import LONGEST_PAGE, Caller, find_user
from fynix_cli.output import OutputFormat, local_time, print_object, print_rows, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.spam import (
    SpamActResponse,
    SpamAssessmentResponse,
    SpamExplanationResponse,
)

_MEASURES = {
    "none": "nothing",
    "slow_mode": "slow mode",
    "hold": "hold what they write for review",
    "suspend": "suspend them",
}
_WITHHELD = {
    "exempt": "they are exempt",
    "has_role": "they have a role on the server",
    "in_force": "as much or more is in force already",
    "let_off": "a moderator has let them off lately",
    "observing": "the server only observes (FYNIX_SPAM=observe)",
    "off": "the server does nothing by itself (FYNIX_SPAM=off)",
}
_VERBS = {
    "judge": "judge {name}",
    "exempt": "exempt {name} from the spam score",
    "unexempt": "judge {name} as anybody else again",
}


@dataclass(frozen=True)
class Wanted:
    """Whom to list."""

    measure: str | None
    is_exempt: bool
    limit: int


@dataclass(frozen=True)
class SpamAct:
    """`verb` as the API calls it."""

    verb: str
    reason: str
    is_dry_run: bool


def explain_score(caller: Caller, name: str, output: OutputFormat) -> None:
    """Somebody's score as of now; as a table in words."""

    async def load() -> SpamExplanationResponse:
        async with rest_client(caller.profile, caller.server) as rest:
            person = await find_user(AdminClient(rest.http), name)
            return await SpamClient(rest.http).explanation(person.id)

    found = asyncio.run(load())
    if output is not OutputFormat.table:
        print_object(found.model_dump(mode="json"), output)
        return
    print_object(_in_words(found), output)
    rows = [
        {"points": f"{it.points} of {it.most_points}", "because they": it.text}
        for it in found.signals
    ]
    print_rows(rows, ("points", "because they"), output, "")


def _in_words(found: SpamExplanationResponse) -> Mapping[str, Any]:
    last = found.last
    said = {
        "user": found.username,
        "score": f"{found.score} of 100",
        "calls for": _called_for(found),
        "would be done": _outcome(found.measure, found.withheld),
    }
    if last is not None:
        outcome = _outcome(last.measure, last.withheld)
        said["last judged"] = f"{local_time(last.assessed_at)}: {last.score} points, {outcome}"
    return said


def _called_for(found: SpamExplanationResponse) -> str:
    if found.measure == "none":
        least = min(found.from_score.values())
        return f"nothing, up to {least - 1} points"
    return f"{_MEASURES[found.measure]}, from {found.from_score[found.measure]} points"


def _outcome(measure: str, withheld: str | None) -> str:
    if withheld is None:
        return _MEASURES[measure]
    return f"nothing: {_WITHHELD[withheld]}"


def list_scores(caller: Caller, wanted: Wanted, output: OutputFormat) -> None:
    """At most so many people, page after page."""
    people = asyncio.run(_load(caller, wanted))
    rows: list[Mapping[str, Any]] = [it.model_dump(mode="json") for it in people]
    if output is OutputFormat.table:
        rows = [_row(it) for it in people]
    columns = ("username", "score", "measure", "withheld", "assessed_at")
    print_rows(rows, columns, output, "Nobody like that.")


async def _load(caller: Caller, wanted: Wanted) -> list[SpamAssessmentResponse]:
    found: list[SpamAssessmentResponse] = []
    after: str | None = None
    async with rest_client(caller.profile, caller.server) as rest:
        while len(found) < wanted.limit:
            page = await SpamClient(rest.http).people(
                measure=wanted.measure,
                exempt="true" if wanted.is_exempt else None,
                limit=min(LONGEST_PAGE, wanted.limit - len(found)),
                after=after,
            )
            found += page.people
            after = page.next_after
            if after is None:
                break
    return found


def _row(assessment: SpamAssessmentResponse) -> Mapping[str, Any]:
    when = local_time(assessment.assessed_at)
    return {**assessment.model_dump(mode="json"), "assessed_at": when}


def act_on_score(caller: Caller, name: str, act: SpamAct, output: OutputFormat) -> None:
    """Do it, and tell what has come of it."""

    async def do() -> SpamActResponse:
        async with rest_client(caller.profile, caller.server) as rest:
            person = await find_user(AdminClient(rest.http), name)
            body = {"reason": act.reason, "dry_run": act.is_dry_run}
            return await SpamClient(rest.http).act(person.id, act.verb, body)

    done = asyncio.run(do())
    assessment = done.assessment
    would = "Would " if act.is_dry_run else "Done: "
    talk(would + _VERBS[act.verb].format(name=assessment.username) + ".")
    if act.verb == "judge":
        outcome = _outcome(assessment.measure, assessment.withheld)
        talk(f"Score {assessment.score} of 100: {outcome}.")
    if output is not OutputFormat.table:
        print_object(done.model_dump(mode="json"), output)

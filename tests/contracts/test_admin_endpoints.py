"""Every endpoint of an admin has a command that uses it, and every act an entry in the audit log.

The commands of the table run one after the other against one server; the server's own metrics say
which endpoint each has reached.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fynix_server import metrics
from fynix_server.administered import act_of
from fynix_server.app import create_app
from fynix_server.settings import load_settings
from tests.cli.conftest import logged_in
from tests.contracts.admin_world import admin_world
from tests.people import Api
from tests.staff import audited

_CONVERSATION = "/api/admin/conversations/<id:conversation_id>"
_MESSAGE = _CONVERSATION + "/messages/<id:message_id>"
COMMANDS: dict[tuple[str, str], str] = {
    ("GET", "/api/admin/users"): "user find",
    ("GET", "/api/admin/users/<id:user_id>"): "user show {bob}",
    ("POST", "/api/admin/users/<id:user_id>/role"): "user role bob moderator --yes",
    ("POST", "/api/admin/users/<id:user_id>/warn"): "user warn carol {text}",
    ("POST", "/api/admin/users/<id:user_id>/mute"): "user mute carol --for 1h",
    ("POST", "/api/admin/users/<id:user_id>/unmute"): "user unmute carol",
    ("POST", "/api/admin/users/<id:user_id>/hold"): "user hold carol",
    ("POST", "/api/admin/users/<id:user_id>/unhold"): "user unhold carol",
    ("POST", "/api/admin/users/<id:user_id>/shadow-limit"): "user shadow-limit carol --yes",
    ("POST", "/api/admin/users/<id:user_id>/unshadow-limit"): "user unshadow-limit carol",
    ("POST", "/api/admin/users/<id:user_id>/suspend"): "user suspend carol --for 1d --yes",
    ("POST", "/api/admin/users/<id:user_id>/unsuspend"): "user unsuspend carol",
    ("POST", "/api/admin/users/<id:user_id>/ban"): "user ban carol --yes",
    ("POST", "/api/admin/users/<id:user_id>/unban"): "user unban carol",
    ("GET", "/api/admin/users/<id:user_id>/limits"): "limits show dave",
    ("POST", "/api/admin/users/<id:user_id>/limits/set"): "limits set dave messages 9/60",
    ("POST", "/api/admin/users/<id:user_id>/limits/exempt"): "limits exempt dave --for 1h",
    ("POST", "/api/admin/users/<id:user_id>/limits/clear"): "limits clear dave",
    ("POST", "/api/admin/users/<id:user_id>/limits/reset"): "limits reset dave",
    ("GET", "/api/admin/connections"): "connections list dave",
    ("POST", "/api/admin/users/<id:user_id>/connections/kick"): "connections kick dave",
    ("GET", "/api/admin/users/<id:user_id>/sessions"): "session list dave",
    ("POST", "/api/admin/users/<id:user_id>/sessions/revoke"): "session revoke dave --all --yes",
    ("GET", "/api/admin/cases"): "moderation case list",
    ("GET", "/api/admin/cases/<id:case_id>"): "moderation case show {case}",
    ("POST", "/api/admin/cases/<id:case_id>/read"): "moderation case show {case}",
    ("POST", "/api/admin/cases/<id:case_id>/assign"): "moderation case assign {case}",
    (
        "POST",
        "/api/admin/cases/<id:case_id>/action",
    ): "moderation case action {case} --outcome {text}",
    ("POST", "/api/admin/cases/<id:case_id>/dismiss"): "moderation case dismiss {other_case}",
    ("POST", _MESSAGE + "/delete"): "moderation message delete {dm} {message} --yes",
    ("POST", _MESSAGE + "/restore"): "moderation message restore {dm} {message}",
    ("POST", _CONVERSATION + "/freeze"): "moderation conversation freeze {dm}",
    ("POST", _CONVERSATION + "/unfreeze"): "moderation conversation unfreeze {dm}",
    ("POST", _CONVERSATION + "/read"): "moderation conversation read {dm}",
    ("POST", "/api/admin/users/<id:user_id>/purge"): "user purge bob --since 1h --yes",
    ("GET", "/api/admin/audit"): "audit list",
    ("GET", "/api/admin/audit/<seq>"): "audit show 1",
    ("POST", "/api/admin/users/<id:user_id>/export"): "user export leaver --file {archive}",
    ("POST", "/api/admin/users/<id:user_id>/erase"): "user erase leaver --yes",
    ("GET", "/api/admin/erasures"): "privacy erasures",
    ("POST", "/api/admin/filter/rules"): "moderation filter add casino word casino --verdict hold",
    ("GET", "/api/admin/filter/rules"): "moderation filter list",
    ("GET", "/api/admin/filter/rules/<id:rule_id>"): "moderation filter show casino",
    ("PATCH", "/api/admin/filter/rules/<id:rule_id>"): "moderation filter change casino --live",
    ("POST", "/api/admin/filter/test"): "moderation filter test {text}",
    ("POST", "/api/admin/filter/import"): "moderation filter import {rules}",
    ("DELETE", "/api/admin/filter/rules/<id:rule_id>"): "moderation filter remove casino --yes",
    ("GET", "/api/admin/held"): "moderation held list",
    ("POST", "/api/admin/held/review"): "moderation held review",
    ("POST", "/api/admin/held/<id:message_id>/release"): "moderation held release {held}",
    (
        "POST",
        "/api/admin/held/<id:message_id>/reject",
    ): "moderation held reject --all-of erin --yes",
    ("POST", "/api/admin/retention/set"): "retention set 30d --yes",
    ("GET", "/api/admin/retention"): "retention show",
    ("POST", "/api/admin/retention/clear"): "retention clear",
    ("POST", "/api/admin/legal-holds/add"): "retention hold add --user carol",
    ("GET", "/api/admin/legal-holds"): "retention hold list",
    ("POST", "/api/admin/legal-holds/remove"): "retention hold remove --user carol --yes",
    ("GET", "/api/admin/spam"): "moderation spam list",
    ("GET", "/api/admin/users/<id:user_id>/spam"): "moderation spam explain bob",
    ("POST", "/api/admin/users/<id:user_id>/spam/judge"): "moderation spam judge carol",
    ("POST", "/api/admin/users/<id:user_id>/spam/exempt"): "moderation spam exempt carol",
    ("POST", "/api/admin/users/<id:user_id>/spam/unexempt"): "moderation spam unexempt carol",
}
"""By endpoint the command that uses it, in an order in which all can be done. Where the endpoint is
an act, `--reason` is added, and it is first done with `--dry-run`, which must leave no trace."""
QUESTIONS = {("POST", "/api/admin/filter/test")}
"""They have a body, but are no acts: what is asked about is the asker's own."""


def endpoints(folder: Path) -> Iterator[tuple[str, str, object]]:
    app = create_app(load_settings(data_dir=folder))
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/admin"):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method, rule.rule, app.view_functions[rule.endpoint]


def requests(method: str, route: str) -> float:
    """How many the server has answered with success."""
    return sum(
        sample.value
        for family in metrics.http_request_duration.collect()
        for sample in family.samples
        if sample.name.endswith("_count")
        and sample.labels["method"] == method
        and sample.labels["route"] == route
        and sample.labels["status"].startswith("2")
    )


def test_every_admin_endpoint_asks_for_a_role_and_has_a_command(tmp_path: Path) -> None:
    found = list(endpoints(tmp_path))

    assert {(method, route) for method, route, _ in found} == COMMANDS.keys()
    assert [route for _, route, view in found if act_of(view) is None] == []


@pytest.mark.parametrize("stack", ["embedded"])
async def test_each_command_reaches_its_endpoint_and_each_act_is_audited(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = {(method, route): act_of(view) for method, route, view in endpoints(tmp_path)}

    async with logged_in(api, tmp_path, monkeypatch, ("root",)) as terminal:
        world = await admin_world(api)
        for (method, route), command in COMMANDS.items():
            words = [word.format(**world.names) for word in command.split()]
            entries = len(await audited(api))
            is_act = method != "GET" and (method, route) not in QUESTIONS
            if is_act:
                words += ["--reason", "because"]
                await terminal.run(*words, "--dry-run")
                assert len(await audited(api)) == entries, command
            before = requests(method, route)
            await terminal.run(*words)

            assert requests(method, route) > before, command
            new = (await audited(api))[entries:]
            expected = [acts[method, route]] if is_act else []
            assert [it.action for it in new if it.outcome == "done"] == expected, command

"""Scenarios that are played, and what is said of those that fail."""

import pytest

from fynix_cli.exit_codes import ExitCode
from fynix_cli.scenario.playing.journal import Entry
from fynix_cli.scenario.playing.outcome import Outcome, Status
from tests.scenario.conftest import Play

DM = "- alice.dm: {with: bob, save: dm}\n"


def assert_failed(outcome: Outcome, text: str, line: int) -> None:
    assert outcome.status is Status.failed, outcome
    assert text in outcome.text
    assert outcome.place is not None
    assert outcome.place.line == line
    assert outcome.exit_code is ExitCode.ASSERTIONS_FAILED


async def test_an_event_that_does_not_come_is_shown_beside_the_nearest_that_did(
    play: Play,
) -> None:
    outcome = await play(
        DM
        + "- alice.send: {in: $dm, text: hello, save: m1}\n"
        + "- bob.expect: {event: new_message, where: {message.content: bye}, within: 1s}\n"
    )

    assert_failed(outcome, "bob.expect: no such new_message within 1 s", 7)
    assert outcome.evidence is not None
    assert outcome.evidence.expected == 'new_message where {"message.content": "bye"}'
    assert '"content": "hello"' in str(outcome.evidence.nearest)
    assert outcome.evidence.differences == ('message.content: expected "bye", got "hello"',)
    assert [it["type"] for it in outcome.tails["bob.main"]] == [
        *("hello", "resumed", "conversation_created", "new_message")
    ]


async def test_an_event_is_found_though_it_came_long_before(play: Play) -> None:
    outcome = await play(
        DM
        + "- alice.send: {in: $dm, text: one, save: m1}\n"
        + "- alice.send: {in: $dm, text: two, save: m2}\n"
        + "- bob.expect: {event: new_message, where: {message.id: $m2.id}}\n"
        + "- bob.expect: {event: new_message, where: {message.id: $m1.id}, within: 0s}\n"
    )

    assert outcome.status is Status.passed, outcome


async def test_what_was_taken_is_not_seen_again(play: Play) -> None:
    outcome = await play(
        DM
        + "- alice.send: {in: $dm, text: one}\n"
        + "- bob.expect: new_message\n"
        + "- bob.expect: {event: new_message, within: 100ms}\n"
    )

    assert_failed(outcome, "no such new_message within 0.1 s", 8)


@pytest.mark.parametrize("count", [1, 3])
async def test_a_count_is_exact(play: Play, count: int) -> None:
    outcome = await play(
        DM
        + "- alice.send: {in: $dm, text: one}\n"
        + "- alice.send: {in: $dm, text: two}\n"
        + f"- bob.expect: {{event: new_message, count: {count}, within: 500ms}}\n"
    )

    why = "1 more new_message than the 1 expected" if count == 1 else "2 of 3 new_message"
    assert_failed(outcome, why, 8)


@pytest.mark.parametrize(
    ("event", "act"),
    [
        ("new_message", "alice.send: {in: $dm, text: hello}"),
        ("new_message", "alice.send: {in: $dm, text: hello, via: live}"),
        ("message_deleted", "alice.delete: $m1"),
        ("typing", "alice.typing: $dm"),
        ("message_read", "bob.read: $dm"),
        ("message_read", "bob.read: {in: $dm, via: live}"),
    ],
)
async def test_that_nothing_came_is_certain_without_waiting(
    play: Play, event: str, act: str
) -> None:
    """Right after the act, before anything of it can have been looked for."""
    before = DM + "- alice.send: {in: $dm, text: first, save: m1}\n- bob.expect: new_message\n"

    outcome = await play(f"{before}- {act}\n- bob.expect_none: {event}\n")

    assert_failed(outcome, f"bob.expect_none: a {event} came", 9)


async def test_an_answer_that_is_not_as_expected_says_what_differs(play: Play) -> None:
    outcome = await play(
        DM
        + "- alice.send:\n    in: $dm\n    text: hello\n"
        + "    expect: {status: 429, code: rate_limited, headers: {x-ratelimit-remaining: 1}}\n"
    )

    assert_failed(outcome, "alice.send: status: expected 429, got 201", 6)
    assert outcome.evidence is not None
    assert outcome.evidence.differences == (
        "status: expected 429, got 201",
        'code: expected "rate_limited", got null',
        'headers.x-ratelimit-remaining: expected "1", got "29"',
    )
    assert outcome.evidence.request_id is not None


async def test_an_answer_must_be_a_success_where_nothing_else_is_said(play: Play) -> None:
    outcome = await play("- alice.request: {path: /nowhere}")

    assert_failed(outcome, "alice.request was answered 404 no_such_route", 5)


async def test_a_fresh_server_has_a_clock_that_can_be_moved(play: Play) -> None:
    outcome = await play(
        DM
        + "- alice.send: {in: $dm, text: one}\n"
        + "- alice.send: {in: $dm, text: two, expect: {status: 429, headers: {retry-after: 60}}}\n"
        + "- clock.advance: 59s\n"
        + "- alice.send: {in: $dm, text: two, expect: {status: 429}}\n"
        + "- clock.advance: 2s\n"
        + "- alice.send: {in: $dm, text: two}\n",
        head="actors: {alice: {}, bob: {}}\nserver: {settings: {rate_limit_messages: 1/60}}\n",
    )

    assert outcome.status is Status.passed, outcome


async def test_the_same_seed_sends_the_same_keys_and_another_seed_others(
    play: Play, journal: list[Entry]
) -> None:
    steps = DM + "- repeat: {times: 2, do: [{alice.send: {in: $dm, text: x}}]}\n"
    keys = []
    for seed in (7, 7, 8):
        journal.clear()
        assert (await play(steps, seed=seed)).status is Status.passed
        bodies = [it.data["body"] for it in journal if it.kind == "request" and it.data["body"]]
        keys.append([it["client_message_id"] for it in bodies])

    assert keys[0] == keys[1]
    assert len({*keys[0], *keys[2]}) == 4


async def test_parallel_branches_run_together_and_the_first_failure_ends_the_others(
    play: Play,
) -> None:
    outcome = await play(
        DM
        + "- parallel:\n"
        + "    - bob.expect: {event: new_message, within: 40s}\n"
        + "    - do:\n"
        + "        - alice.send: {in: $dm, text: hello, expect: {status: 200}}\n"
    )

    assert_failed(outcome, "status: expected 200, got 201", 9)
    assert outcome.seconds < 30


async def test_steps_may_be_chosen_repeated_included_and_given_names(
    play: Play, journal: list[Entry], tmp_path_factory: pytest.TempPathFactory
) -> None:
    shared = tmp_path_factory.mktemp("shared") / "b.yaml"
    shared.write_text("- log: included $word\n- let: {left: 1}\n")

    outcome = await play(
        f"""
        - let: {{list: [a, b], n: 2}}
        - repeat: {{each: $list, as: it, do: [{{log: each $it}}]}}
        - repeat: {{times: $n, as: i, do: [{{log: turn $i}}]}}
        - if: {{value: $n, is: {{gt: 1}}, then: [{{log: then}}], else: [{{log: else}}]}}
        - if: {{value: $n, is: 1, then: [{{log: then}}], else: [{{log: else}}]}}
        - if: {{value: $n, is: 1, then: [{{log: never}}]}}
        - include: {{file: {shared}, vars: {{word: here}}}}
        - log: $left
        """
    )

    assert outcome.status is Status.passed, outcome
    said = [it.text for it in journal if it.kind == "log"]
    expected = ["each a", "each b", "turn 1", "turn 2", "then", "else", "included here", "1"]
    assert said == expected


async def test_a_variable_that_has_no_such_field_is_an_error_with_its_place(play: Play) -> None:
    outcome = await play(DM + "- alice.send: {in: $dm, text: $dm.nme}\n")

    assert outcome.status is Status.error
    assert outcome.exit_code is ExitCode.FAILED
    assert outcome.text.startswith("$dm has no 'nme'; it has id, is_group, name")
    assert outcome.place is not None
    assert outcome.place.line == 6


async def test_a_value_of_the_wrong_type_is_told_when_it_turns_out(play: Play) -> None:
    outcome = await play("- let: {n: many}\n- repeat: {times: $n, do: [{log: x}]}\n")

    assert outcome.status is Status.error
    assert outcome.text == "repeat: times must be a whole number"


async def test_a_scenario_that_hangs_is_ended_and_says_where(play: Play) -> None:
    outcome = await play("- wait: 1h\n", head="actors: {alice: {}}\ntimeout: 1500ms\n")

    assert outcome.status is Status.error
    assert outcome.text.startswith("it took longer than 1.5 s, in step 1 (line 6): wait for=")


async def test_without_a_line_there_is_nothing_to_send_over(play: Play) -> None:
    outcome = await play(DM + "- bob.disconnect:\n- bob.typing: $dm\n")

    assert outcome.status is Status.error
    assert outcome.text == "bob.main has no live line; open one before: bob.main.connect"


async def test_a_line_that_is_lost_comes_back_by_itself_where_that_is_wanted(play: Play) -> None:
    outcome = await play(
        DM
        + "- bob.fault: {type: drop, for: 200ms}\n"
        + "- alice.send: {in: $dm, text: meanwhile, save: m1}\n"
        + "- bob.expect: {event: new_message, where: {message.id: $m1.id}, count: 1}\n",
        head="actors: {alice: {}, bob: {reconnects: true}}\n",
    )

    assert outcome.status is Status.passed, outcome


async def test_numbers_that_are_asked_for_again_come_again_but_for_what_the_line_has_carried(
    play: Play,
) -> None:
    send = "- alice.send: {in: $dm, text: hello}\n- bob.expect: new_message\n"

    outcome = await play(
        DM
        + send
        + "- bob.disconnect:\n- bob.connect:\n"
        + send
        + "- bob.resume: {cursors: {$dm: 0}}\n"
        + "- bob.expect: {event: new_message, count: 1, save: again}\n"
        + "- bob.check: {values: [[$again.0.seq, 2]]}\n"
        + send
    )

    assert outcome.status is Status.passed, outcome


async def test_a_message_whose_answer_was_lost_counts_as_sent(play: Play) -> None:
    outcome = await play(
        DM
        + "- bob.send: {in: $dm, text: first}\n"
        + "- alice.send: {in: $dm, text: answered, lose_response: 100%}\n"
        + "- bob.expect: {event: new_message, where: {message.content: answered}}\n"
        + "- alice.check: {unread: {$dm: 0}}\n"
    )

    assert outcome.status is Status.passed, outcome


async def test_latency_is_measured_and_held_to_its_threshold(play: Play) -> None:
    steps = DM + "- alice.send: {in: $dm, text: hello}\n- bob.expect: new_message\n"
    head = "actors: {{alice: {{}}, bob: {{}}}}\nreport: {{latency: {{p95: {{lt: {}}}}}}}\n"

    slow = await play(steps, head=head.format("0.001ms"))
    quick = await play(steps, head=head.format("30s"))

    assert slow.status is Status.failed
    assert slow.text.startswith("latency of new_message: p95 is ")
    assert slow.text.endswith(" ms, not lt 0.001ms")
    assert quick.status is Status.passed
    assert len(quick.latencies["new_message"]) == 2


async def test_admin_commands_act_on_the_scenarios_own_server(play: Play) -> None:
    outcome = await play(
        """
        - admin: {command: user list -o json, save: people, expect: {json: {length: 1}}}
        - alice.check: {values: [[$people.0.username, alice]]}
        - admin: {command: user list -o nonsense, expect: {exit: 2}}
        - admin: {command: user list -o nonsense}
        """,
        head="actors: {alice: {}}\n",
    )

    assert_failed(outcome, "admin 'user list -o nonsense': exit: expected 0, got 2", 8)

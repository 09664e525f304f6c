"""What is told of a scenario that fails: enough to see why in a minute."""

from pathlib import Path

from fynix_cli.scenario.model.reading import read_script
from fynix_cli.scenario.playing.outcome import Outcome, Status
from fynix_cli.scenario.playing.player import Playing, play_script
from fynix_cli.scenario.reports.wording import explanation
from fynix_cli.scenario.servers.makers import RemoteMaker, WorldMaker
from fynix_cli.scenario.servers.world import ServerSpec, World
from tests.scenario.conftest import Play
from tests.scenario.writing import TWO, scenario

DM = "- alice.dm: {with: bob, save: dm}\n"


def told(outcome: Outcome) -> list[str]:
    return [line for text in explanation(outcome) for line in text.split("\n")]


async def test_ids_are_told_by_the_names_that_the_scenario_gives_them(play: Play) -> None:
    outcome = await play(
        DM
        + "- alice.send: {in: $dm, text: hello, save: m1}\n"
        + "- bob.send: {in: $dm, text: a secret that nothing saves}\n"
        + "- bob.expect: {event: new_message, where: {message.id: $dm.id}, within: 300ms}\n"
    )

    lines = told(outcome)
    assert '    expected  new_message where {"message.id": "$dm.id"}' in lines
    assert any('"sender_id": "$alice.id"' in it and '"id": "$m1.id"' in it for it in lines)
    last = [it for it in lines if it.startswith("    bob.main ")][-1]
    assert "a secret that nothing saves" in last
    assert outcome.tails["bob.main"][-1]["conversation_id"] in outcome.names


async def test_a_whole_conversation_where_its_id_was_meant_is_told(play: Play) -> None:
    outcome = await play(
        DM + "- bob.expect: {event: conversation_created, where: {conversation_id: $dm}, "
        "within: 300ms}\n"
    )

    (difference,) = (it for it in told(outcome) if it.startswith("    differs "))
    assert difference.endswith(' (for its id alone write .id behind its name), got "$dm.id"')


async def test_events_of_another_kind_are_not_held_against_the_one_that_is_missing(
    play: Play,
) -> None:
    outcome = await play(
        DM
        + "- repeat: {times: 2, do: [{alice.send: {in: $dm, text: hello}}]}\n"
        + "- bob.expect: {event: new_message, count: 2}\n"
        + "- bob.expect: {event: typing, within: 100ms}\n"
    )

    assert "    nearest   no typing is left; of others conversation_created" in told(outcome)


async def test_that_an_earlier_step_took_the_event_is_told(play: Play) -> None:
    outcome = await play(
        DM
        + "- alice.send: {in: $dm, text: hello}\n"
        + "- bob.expect: new_message\n"
        + "- bob.expect: {event: new_message, within: 100ms}\n"
    )

    assert "    note      1 such came before, and earlier steps took them" in told(outcome)


async def test_the_turn_of_each_repeat_around_the_step_is_told(play: Play) -> None:
    outcome = await play(
        "- repeat:\n"
        "    each: [one, two]\n"
        "    as: word\n"
        "    do:\n"
        "      - repeat: {times: 3, do: [{alice.check: {values: [[$word, one]]}}]}\n"
    )

    assert told(outcome)[:2] == [
        'alice.check: $word: expected "one", got "two"',
        '    in        word = "two", turn 1',
    ]


async def test_what_a_command_should_have_printed_is_told_as_the_file_has_it(play: Play) -> None:
    outcome = await play("- admin: {command: user list -o json, expect: {json: {length: 7}}}")

    assert '    expected  {"json": {"length": 7}}' in told(outcome)


async def test_a_line_that_is_closed_in_place_of_a_greeting_is_told_as_json(play: Play) -> None:
    outcome = await play("- alice.logout:\n- alice.connect:\n")

    assert '    nearest   {"type": "closed", "code": 4014, "reason": "This login has' in "\n".join(
        told(outcome)
    )


async def test_the_settings_that_a_server_does_not_take_from_the_file_are_told(
    makers: dict[str, WorldMaker], tmp_path: Path
) -> None:
    head = TWO + "server: {settings: {rate_limit_messages: 1/60}}\n"
    steps = DM + "- repeat: {times: 2, do: [{alice.send: {in: $dm, text: hi, expect: 429}}]}\n"
    script = read_script(scenario(tmp_path, steps, head=head))

    async with makers["embedded"].world(ServerSpec()) as world:
        outcome = await play_script(script, RemoteMaker(world.urls[0]), Playing(1))

    assert outcome.text.endswith("; this server has its own rate_limit_messages, not the file's"), (
        outcome
    )


async def test_who_looks_at_what_is_played_has_all_the_time_they_want(
    makers: dict[str, WorldMaker], tmp_path: Path
) -> None:
    script = read_script(scenario(tmp_path, "- log: x", head=TWO + "timeout: 1ms\n"))
    looked: list[str] = []

    async def look(world: World) -> None:
        looked.extend(world.urls)

    kept = await play_script(script, makers["embedded"], Playing(1, before_end=look))
    unseen = await play_script(script, makers["embedded"], Playing(1))

    assert kept.status is Status.passed
    assert len(looked) == 1
    assert "it took longer than 0.001 s" in unseen.text

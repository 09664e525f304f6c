"""What was recorded as steps: their order, their names, and what is left out."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from fynix_cli.scenario.model.reading import read_script
from fynix_cli.scenario.recording.names import Names
from fynix_cli.scenario.recording.script_text import Writing
from fynix_cli.scenario.recording.tape import Tape
from fynix_server.protocol.conversations import ConversationResponse, ParticipantResponse
from fynix_server.protocol.frames import (
    MessageDeleted,
    MessageRead,
    MessageUpdated,
    NewMessage,
    ParticipantRemoved,
    ParticipantUpdated,
    Typing,
)
from fynix_server.protocol.messages import MessageResponse

ALICE, BOB, DM = uuid4(), uuid4(), uuid4()
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def participant(user_id: UUID, username: str, *, is_owner: bool = False) -> ParticipantResponse:
    return ParticipantResponse(
        user_id=user_id,
        username=username,
        display_name=username,
        avatar_url=None,
        joined_at=NOW,
        is_active=True,
        role="owner" if is_owner else "member",
        last_read_message_id=None,
    )


def conversation(
    *participants: ParticipantResponse, name: str | None = None
) -> ConversationResponse:
    """`name` None: one of two."""
    return ConversationResponse(
        id=DM,
        is_group=name is not None,
        name=name,
        description=None,
        created_at=NOW,
        updated_at=NOW,
        last_message_at=None,
        last_seq=1,
        participants=list(participants),
        last_message=None,
        unread_count=0,
    )


def message(seq: int, content: str, sender: UUID = ALICE, username: str = "alice") -> NewMessage:
    told = MessageResponse(
        id=uuid4(),
        conversation_id=DM,
        seq=seq,
        sender_id=sender,
        sender_username=username,
        content=content,
        content_type="text",
        created_at=NOW,
    )
    return NewMessage(conversation_id=DM, seq=seq, message=told)


@pytest.fixture
def tape() -> Tape:
    """Of alice and bob, who had a conversation already."""
    tape = Tape()
    tape.begin_with({DM: conversation(participant(ALICE, "alice"), participant(BOB, "bob"))})
    return tape


def steps_of(tape: Tape, recorded: list[UUID] | None = None) -> list[str]:
    """The lines of the steps."""
    text = Writing(tape, recorded or [ALICE, BOB]).text()
    _, _, steps = text.partition("\nsteps:\n")
    return [line.removeprefix("  - ") for line in steps.splitlines()]


def test_numbers_stand_in_their_order_whoever_saw_them_first(tape: Tape) -> None:
    first, second = message(2, "first"), message(3, "second")
    tape.note(ALICE, second, at=1.0)
    tape.note(BOB, first, at=1.5)
    tape.note(BOB, second, at=1.6)
    tape.note(ALICE, first, at=9.0)

    steps = steps_of(tape)

    sent = [it for it in steps if it.startswith("alice.send")]
    assert [it.split('"')[1] for it in sent] == ["first", "second"]
    assert len(steps) == 1 + 2 + 2


def test_a_receipt_that_overtakes_its_message_stands_after_it(tape: Tape) -> None:
    sent = message(2, "hello")
    read = MessageRead(conversation_id=DM, user_id=BOB, message_id=sent.message.id, read_at=NOW)
    tape.note(ALICE, read, at=1.0)
    tape.note(ALICE, sent, at=2.0)

    names = [it.partition(":")[0] for it in steps_of(tape)]

    assert names == ["alice.dm", "alice.send", "bob.read", "alice.expect"]


def edited(sent: NewMessage, seq: int, content: str) -> MessageUpdated:
    message = sent.message.model_copy(update={"content": content, "edited_at": NOW})
    return MessageUpdated(conversation_id=DM, seq=seq, message=message)


def test_a_message_told_after_a_gap_as_it_is_now_is_edited_all_the_same(tape: Tape) -> None:
    sent = message(2, "second thoughts")
    told = sent.message.model_copy(update={"edited_at": NOW})
    tape.note(ALICE, sent.model_copy(update={"message": told}), at=1.0)
    tape.note(ALICE, edited(sent, 3, "second thoughts"), at=2.0)

    steps = steps_of(tape)

    assert 'text: "what it said before edit 1 is not known"' in steps[1]
    assert steps[2] == 'alice.edit: {message: $m1, text: "second thoughts"}'


def test_who_heard_a_message_at_once_knows_better_what_it_said(tape: Tape) -> None:
    heard = message(2, "first thoughts")
    told = heard.message.model_copy(update={"edited_at": NOW, "content": "second thoughts"})
    tape.note(ALICE, heard.model_copy(update={"message": told}), at=1.0)
    tape.note(BOB, heard, at=1.1)
    tape.note(ALICE, edited(heard, 3, "second thoughts"), at=2.0)

    steps = steps_of(tape)

    assert 'text: "first thoughts"' in steps[1]


def test_a_deletion_that_also_stands_in_place_of_its_message_is_one(tape: Tape) -> None:
    sent = message(2, "regretted")
    gone = {"conversation_id": DM, "message_id": sent.message.id, "deleted_by": ALICE}
    tape.note(BOB, MessageDeleted(seq=2, **gone), at=1.0)
    tape.note(BOB, edited(sent, 3, "regretted"), at=1.1)
    tape.note(BOB, MessageDeleted(seq=4, **gone), at=1.2)

    names = [it.partition(":")[0] for it in steps_of(tape, [BOB])]

    assert names == [
        *("alice.dm", "alice.send"),
        *("alice.edit", "bob.expect"),
        *("alice.delete", "bob.expect"),
    ]


def test_roles_are_given_again_but_not_those_that_follow_by_themselves() -> None:
    carol, tape = uuid4(), Tape()
    admin = participant(BOB, "bob").model_copy(update={"role": "admin"})
    owner = participant(ALICE, "alice", is_owner=True)
    tape.begin_with({DM: conversation(owner, admin, participant(carol, "carol"), name="Club")})
    changes = [(carol, "admin", ALICE), (ALICE, "admin", ALICE), (BOB, "owner", ALICE)]
    for seq, (user_id, role, by) in enumerate(changes, start=2):
        frame = ParticipantUpdated.model_validate(
            {"conversation_id": DM, "seq": seq, "user_id": user_id, "role": role, "updated_by": by}
        )
        tape.note(carol, frame, at=float(seq))
    leaving = ParticipantRemoved(conversation_id=DM, seq=5, user_id=BOB, removed_by=BOB)
    tape.note(carol, leaving, at=5.0)
    heir = ParticipantUpdated(
        conversation_id=DM, seq=6, user_id=ALICE, role="owner", updated_by=BOB
    )
    tape.note(carol, heir, at=6.0)

    steps = [it for it in steps_of(tape, [carol]) if ".expect" not in it]

    assert steps == [
        'alice.group: {name: "Club", with: [bob, carol], save: group}',
        "alice.role: {in: $group, who: bob, is: admin}",
        "alice.role: {in: $group, who: carol, is: admin}",
        "alice.role: {in: $group, who: bob, is: owner}",
        "bob.leave: {in: $group}",
    ]


def test_typing_that_goes_on_begins_once(tape: Tape) -> None:
    for at, is_typing in enumerate([False, True, True, True, False]):
        frame = Typing(conversation_id=DM, user_id=ALICE, is_typing=is_typing)
        tape.note(BOB, frame, at=at * 3.0)

    typing = [it for it in steps_of(tape) if it.startswith("alice.typing")]

    assert typing == ["alice.typing: {in: $dm}", "alice.typing: {in: $dm, is: false}"]


def test_how_long_an_event_may_take_is_several_times_what_it_took(tape: Tape) -> None:
    sent = message(2, "hello")
    tape.note(ALICE, sent, at=1.0)
    tape.note(BOB, sent, at=3.5)

    assert steps_of(tape)[-1].endswith("within: 10s}")


def test_a_pause_is_told_in_a_comment(tape: Tape) -> None:
    tape.note(ALICE, message(2, "hello"), at=1.0)
    tape.note(ALICE, message(3, "still there?"), at=31.0)

    assert "  # 30 s later" in steps_of(tape)


def test_of_a_large_group_only_those_come_in_who_are_needed() -> None:
    others = [participant(uuid4(), f"member{it}") for it in range(50)]
    owner = participant(uuid4(), "owner", is_owner=True)
    tape = Tape()
    alice = participant(ALICE, "alice")
    tape.begin_with({DM: conversation(*others, alice, owner, name="Everybody")})
    tape.note(ALICE, message(2, "hello", others[7].user_id, "member7"), at=1.0)

    opening = steps_of(tape, [ALICE])[0]

    assert opening == 'owner.group: {name: "Everybody", with: [member7, alice], save: group}'


@pytest.mark.parametrize(
    "text",
    [
        "$m1 ${run.id} $$ $",
        "null",
        "- # : { } [ ] , & * ! | > ' \" % @ `",
        "\x00\x1b[31m\x7f\x85\u2028\u202e\ufeff\ufffe",
        "  two\nlines\r\n\ttab ",
        "日本 👩‍👩‍👧 \U0010fffd",
    ],
)
def test_what_people_wrote_is_read_back_as_it_was(tape: Tape, tmp_path: Path, text: str) -> None:
    tape.note(ALICE, message(2, text), at=1.0)
    file = tmp_path / "talk.fynix.yaml"
    file.write_text(Writing(tape, [ALICE]).text(), encoding="utf-8")

    sent = read_script(file).steps[-1].args

    assert getattr(sent, "text", "").replace("$$", "$") == text


def test_nobody_is_called_as_somebody_else_or_as_a_step() -> None:
    names = Names()

    people = names.for_people(["alice", "a.b", "a-b", "42", "_x", "repeat", "m1"])

    assert people == ["alice", "a_b", "a_b2", "u_42", "u_x", "repeat2", "m1"]
    assert names.for_message(1) == "m1_2"
    assert [names.for_thing("dm"), names.for_thing("dm")] == ["dm", "dm2"]

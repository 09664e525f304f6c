"""Whatever is done to a chain is found, and the first entry is named that it was done to."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fynix_server.audit_chain.link import GENESIS
from fynix_server.audit_chain.verifying import (
    BEGINNING,
    ERASE_ACTION,
    Chained,
    ChainVerifier,
    Mark,
)
from fynix_server.permissions import ServerAct
from tests.audit.chains import broken, chain, entry, mark, rewritten, verified

LENGTHS = st.integers(min_value=2, max_value=8)
OTHER: dict[str, Any] = {
    "actor_kind": "host",
    "actor_id": "somebody else",
    "action": "user.unban",
    "outcome": "refused",
    "target_kind": None,
    "target_id": "somebody else",
    "request_id": UUID(int=7),
    "details_digest": "0" * 64,
    "previous_hash": "f" * 64,
}


@st.composite
def chains_and_a_place(draw: st.DrawFn) -> tuple[Any, int]:
    """A chain, and the number of one of its entries."""
    length = draw(LENGTHS)
    return chain(length), draw(st.integers(min_value=1, max_value=length))


@given(LENGTHS)
def test_a_chain_as_it_was_written_is_whole(length: int) -> None:
    entries = chain(length)

    verdict = verified(entries, head=mark(entries), known=mark(entries[: length // 2 + 1]))

    assert verdict.broken is None
    assert (verdict.count, verdict.last, verdict.erased) == (length, mark(entries), 0)


def test_an_empty_log_is_whole() -> None:
    assert broken([], head=BEGINNING) is None


@given(chains_and_a_place(), st.sampled_from(sorted(OTHER)))
def test_a_changed_field_is_found(made: tuple[Any, int], name: str) -> None:
    entries, number = made
    changed = replace(entries[number - 1].link, **{name: OTHER[name]})
    entries[number - 1] = replace(entries[number - 1], link=changed)

    assert broken(entries) == (number, "changed")


@given(chains_and_a_place(), st.sampled_from(["details", "details_salt"]), st.text())
def test_changed_details_are_found(made: tuple[Any, int], name: str, text: str) -> None:
    entries, number = made
    entries[number - 1] = replace(entries[number - 1], **{name: f"{text}!"})

    assert broken(entries) == (number, "details_changed")


@given(chains_and_a_place())
def test_an_entry_with_a_hash_of_its_own_is_found_by_the_one_after_it(
    made: tuple[Any, int],
) -> None:
    entries, number = made
    forged = replace(entries[number - 1].link, action="user.unban")
    entries[number - 1] = replace(entries[number - 1], link=forged, hash=forged.hash())
    head = mark(chain(len(entries)))

    is_last = number == len(entries)
    expected = (number, "head_differs") if is_last else (number + 1, "unlinked")
    assert broken(entries, head=head) == expected


@given(chains_and_a_place())
def test_a_removed_entry_is_found(made: tuple[Any, int]) -> None:
    entries, number = made
    head = mark(entries)
    del entries[number - 1]

    problem = "missing" if number < head.seq else "cut_off"
    assert broken(entries, head=head) == (number, problem)


@given(chains_and_a_place())
def test_a_removed_entry_whose_number_was_given_to_the_next_is_found(
    made: tuple[Any, int],
) -> None:
    entries, number = made
    head = mark(entries)
    del entries[number - 1]
    for index in range(number - 1, len(entries)):
        link = replace(entries[index].link, seq=index + 1)
        entries[index] = replace(entries[index], link=link)

    problem = "changed" if number < head.seq else "cut_off"
    assert broken(entries, head=head) == (number, problem)


@given(chains_and_a_place())
def test_an_entry_that_was_put_in_is_found(made: tuple[Any, int]) -> None:
    entries, number = made
    head = mark(entries)
    previous = entries[number - 2].hash if number > 1 else GENESIS
    entries.insert(number - 1, entry(number, previous, actor_id="nobody"))

    assert broken(entries, head=head) == (number, "out_of_order")


@given(LENGTHS, st.data())
def test_entries_that_changed_places_are_found(length: int, data: st.DataObject) -> None:
    entries = chain(length)
    one, other = sorted(data.draw(st.permutations(range(1, length + 1)))[:2])
    entries[one - 1], entries[other - 1] = (
        replace(entries[other - 1], link=replace(entries[other - 1].link, seq=one)),
        replace(entries[one - 1], link=replace(entries[one - 1].link, seq=other)),
    )

    assert broken(entries) == (one, "changed")


@given(chains_and_a_place())
def test_a_cut_off_end_is_found_by_where_the_log_said_that_it_ends(made: tuple[Any, int]) -> None:
    entries, number = made
    head = mark(entries)

    assert broken(entries[: number - 1], head=head) == (number, "cut_off")


@given(chains_and_a_place())
def test_an_end_that_was_cut_off_together_with_the_head_is_found_by_what_was_written_down(
    made: tuple[Any, int],
) -> None:
    entries, number = made
    known = mark(entries)
    left = entries[: number - 1]
    head = mark(left) if left else BEGINNING

    assert broken(left, head=head) is None
    assert broken(left, head=head, known=known) == (number, "cut_off")


@given(chains_and_a_place(), st.data())
def test_a_log_that_was_written_anew_is_found_by_what_was_written_down_after_that_place(
    made: tuple[Any, int], data: st.DataObject
) -> None:
    entries, number = made
    kept = data.draw(st.integers(min_value=1, max_value=len(entries)))
    anew = rewritten(entries, number, actor_id="nobody")

    assert broken(anew, head=mark(anew)) is None
    found = broken(anew, head=mark(anew), known=mark(entries[:kept]))
    assert found == ((kept, "rewritten") if kept >= number else None)


@given(chains_and_a_place())
def test_entries_past_the_head_are_found(made: tuple[Any, int]) -> None:
    entries, number = made
    head = mark(entries[: number - 1]) if number > 1 else BEGINNING

    assert broken(entries, head=head) == (number, "beyond_head")


@given(chains_and_a_place())
def test_a_log_that_begins_later_is_whole_only_after_the_hash_before_it(
    made: tuple[Any, int],
) -> None:
    entries, number = made
    part = entries[number - 1 :]
    before = mark(entries[: number - 1]) if number > 1 else BEGINNING

    assert broken(part, known=before) is None
    assert broken(part) == (None if number == 1 else (1, "missing"))
    wrong = Mark(before.seq, "f" * 64)
    assert broken(part, known=wrong) == (number, "unlinked")


# ── what erasing leaves ──────────────────────────────────────────────────────────────────────


def without_details(it: Any) -> Any:
    return replace(it, details=None, details_salt=None)


@settings(max_examples=50)
@given(st.sets(st.integers(min_value=1, max_value=5)))
def test_details_may_be_gone_where_their_person_was_erased_later(gone: set[int]) -> None:
    entries = chain(6, target_id="bob")
    entries[5] = entry(6, entries[4].hash, action=ERASE_ACTION, target_id="bob")
    entries = [without_details(it) if it.link.seq in gone else it for it in entries]

    verdict = verified(entries, head=mark(entries))

    assert (verdict.broken, verdict.erased) == (None, len(gone))


@pytest.mark.parametrize(
    "erasure",
    [
        {"action": ERASE_ACTION, "target_id": "carol"},
        {"action": ERASE_ACTION, "target_id": "bob", "outcome": "refused"},
        {"action": ERASE_ACTION, "target_id": "bob", "target_kind": "message"},
        {"action": "user.ban", "target_id": "bob"},
    ],
)
def test_details_that_no_erasure_explains_are_found(erasure: dict[str, Any]) -> None:
    entries = chain(4, target_id="bob")
    entries.append(entry(5, entries[-1].hash, **erasure))
    entries[1], entries[2] = without_details(entries[1]), without_details(entries[2])

    assert broken(entries) == (2, "details_removed")


def test_an_erasure_explains_nothing_that_was_written_after_it() -> None:
    entries = chain(2, target_id="bob")
    entries.append(entry(3, entries[-1].hash, action=ERASE_ACTION, target_id="bob"))
    entries.append(without_details(entry(4, entries[-1].hash, target_id="bob")))

    assert broken(entries) == (4, "details_removed")


@pytest.mark.parametrize("kind", ["message", "conversation", None])
def test_details_of_what_is_about_no_person_are_never_gone(kind: str | None) -> None:
    entries = chain(3, target_kind=kind)
    entries[1] = without_details(entries[1])

    assert broken(entries) == (2, "details_removed")


@pytest.mark.parametrize("name", ["details", "details_salt"])
def test_half_of_the_details_is_never_right(name: str) -> None:
    entries = chain(3)
    halves = {"details": entries[1].details, "details_salt": entries[1].details_salt, name: None}
    entries[1] = Chained(entries[1].link, entries[1].hash, **halves)

    assert broken(entries) == (2, "details_changed")


def test_the_erasure_is_called_as_the_act_is() -> None:
    assert ERASE_ACTION == ServerAct.USER_ERASE


# ── what an operator writes down ─────────────────────────────────────────────────────────────


def test_a_mark_is_read_as_it_is_written() -> None:
    written = Mark(17, "3f" * 32)

    assert Mark.parse(f" {written}\n") == written
    assert Mark.parse(str(written).upper()) == written


@pytest.mark.parametrize("text", ["", "17", "17:", ":3f", f"-1:{'3f' * 32}", f"17:{'3g' * 32}"])
def test_what_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="SEQ:HASH"):
        Mark.parse(text)


def test_a_verifier_keeps_nothing_of_what_it_was_given() -> None:
    verifier = ChainVerifier()
    for it in chain(3):
        verifier.take(it)

    kept = {type(value) for value in vars(verifier).values()}
    assert kept == {type(None), Mark, int, dict}
    assert {name for name, value in vars(verifier).items() if value == {}} == {"_unexplained"}

"""Copies are found though they are disguised; what everybody says is nobody's copy."""

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fynix_server.spam.similarity import alike_pairs, comparable, most_alike
from tests.spam.traffic import texts

OFFER = "We pay 200 euros a day for liking videos, write to our manager Anna within the hour"


def are_alike(one: str, other: str) -> bool:
    """Whether two texts are the same to the score, or nearly."""
    words = [comparable(one).words, comparable(other).words]
    return words[0] == words[1] or bool(list(alike_pairs(words)))


@pytest.mark.parametrize(
    "copy",
    [
        OFFER.upper(),
        OFFER.replace("200", "350"),
        OFFER.replace(" ", "  \n"),
        OFFER.replace(",", " !!! 🎉🎉"),
        "".join(f"{letter}\u200b" for letter in OFFER),
        "".join(chr(ord(it) + 0xFEE0) if "!" <= it <= "~" else it for it in OFFER),
    ],
    ids=["case", "numbers", "white space", "signs", "zero-width", "full-width"],
)
def test_a_disguised_copy_is_the_same_text(copy: str) -> None:
    assert comparable(copy).words == comparable(OFFER).words


@pytest.mark.parametrize(
    "copy",
    [
        f"Hello Fatima! {OFFER}",
        f"{OFFER}. Greetings, your friend from the gym",
        OFFER.replace("euros", "dollars").replace("the hour", "the day"),
        OFFER.replace("manager Anna", "manager Boris"),
    ],
)
def test_a_changed_copy_is_nearly_the_same_text(copy: str) -> None:
    assert comparable(copy).words != comparable(OFFER).words
    assert are_alike(copy, OFFER)


def test_links_below_one_domain_are_the_same_link() -> None:
    one = comparable("Have a look: https://www.Shop.example.com:8443/a/1?who=ana#top")
    other = comparable("have a look: http://ana:pass@shop.example.com/b/22222")

    assert one == other
    assert one.has_link


@pytest.mark.parametrize(
    ("content", "has_link"),
    [
        ("go to example.com/x now", True),
        ("go to bit.ly/2abc", True),
        ("https://10.0.0.1/pay", True),
        ("see www.example.org.", True),
        ("ｅｘａｍｐｌｅ．ｃｏｍ", True),
        ("ex\u200bample.com", True),
        ("write to ana@example.com", False),
        ("see you tomorrow.bye", False),
        ("node.js is at 20.1.3 now", False),
        ("http://", False),
        ("well...", False),
    ],
)
def test_a_link_is_what_a_client_would_make_one_of(content: str, has_link: bool) -> None:
    assert comparable(content).has_link is has_link


@pytest.mark.parametrize("content", ["hi", "ok", "Thanks!!!", "on my way", "Happy birthday! 🎂"])
def test_what_everybody_says_tells_nothing(content: str) -> None:
    assert not comparable(content).is_telling


def test_a_short_text_with_a_link_tells_something() -> None:
    assert comparable("look bit.ly/abc").is_telling


def test_different_short_messages_of_one_person_are_not_alike() -> None:
    said = (*texts.ANNOUNCEMENTS, *texts.PARTIES, *texts.INVITATIONS, *texts.SUPPORT_ANSWERS)

    assert list(alike_pairs([comparable(it).words for it in said])) == []


@pytest.mark.parametrize("day", range(5))
def test_a_hundred_lines_of_small_talk_have_too_few_alike_to_count(day: int) -> None:
    random = Random(day)
    said = _different(texts.small_talk(random) for _ in range(100))

    assert most_alike({text: {text} for text in said}) <= 5


def _different(contents: Iterable[str]) -> set[str]:
    found = (comparable(it) for it in contents)
    return {it.words for it in found if it.is_telling}


def test_a_text_spun_from_a_few_synonyms_is_found() -> None:
    random = Random(1)
    spun = _different(texts.spun(random, texts.SPUN_LIGHTLY) for _ in range(40))
    assert len(spun) > 10

    assert most_alike({text: {text} for text in spun}) == len(spun)


def test_recipients_of_copies_are_counted_once_each() -> None:
    one, other = comparable(OFFER).words, comparable(f"Dear Kofi! {OFFER}").words

    assert most_alike({one: {"ana", "ben"}, other: {"ben", "chidi"}}) == 3
    assert most_alike({one: {"ana", "ben"}}) == 2
    assert most_alike({}) == 0


def test_a_chain_of_small_changes_does_not_join_its_ends() -> None:
    words = [texts.small_talk(Random(number)).replace(" ", "") for number in range(16)]
    # Each of them shares most words with the next, and none with the last.
    chain = [comparable(" ".join(words[at : at + 6])).words for at in range(10)]
    assert are_alike(chain[0], chain[1])

    assert not are_alike(chain[0], chain[-1])
    assert most_alike({text: {text} for text in chain}) < len(chain)


def test_what_is_like_both_of_two_counts_the_people_of_both() -> None:
    first, middle, last = "garden music window river", "river window letter cousin", "letter"
    texts_by_place = [f"{first} {middle}", middle, f"{middle} {last} bridge summer pocket"]
    assert [pair for pair in alike_pairs(texts_by_place) if pair == (2, 0)] == []

    assert most_alike({text: {text} for text in texts_by_place}) == 3


def test_a_character_that_becomes_eighteen_makes_no_text_longer_than_a_message() -> None:
    assert len(comparable("\ufdfa" * 2000).words) <= 2000


@given(st.text(max_size=2000))
def test_no_text_is_too_odd_to_be_compared(content: str) -> None:
    words = comparable(content).words

    assert comparable(content) == comparable(content + "\u200b")
    assert most_alike({words: {"ana"}, "something else entirely": {"ben"}}) >= 1

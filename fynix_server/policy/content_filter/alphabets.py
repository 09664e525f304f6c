"""Which alphabet a word is of, and which one a text is written in."""

import unicodedata
from collections import Counter
from functools import cached_property, lru_cache

_ALPHABETS = ("LATIN", "GREEK", "CYRILLIC")
# Letters that are the same to the eye in two of these. Those that are only alike, such as т and t,
# are found as disguises, but a text that has them is written in their alphabet.
_TWINS = frozenset(
    "acdehijklopqsuvwxyABCEHIJKMNOPSTXYZаԁеһіјӏорԛѕԝхусАВСЕНІЈКМОРЅТХУαινορυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
)


class AlphabetCounts:
    """How many letters of a text are of which alphabet; counted where it is asked."""

    def __init__(self, text: str) -> None:
        self._text = text

    def has_foreign_word(self, original: str, pattern: str) -> bool:
        """Whether a word that looks like the pattern is one of another alphabet in its own right.

        Russian has words that look like English ones. They are taken for a disguise unless the
        text is written in their alphabet: unless more of its letters can be of no other than are
        of the pattern's.
        """
        own, other = _alphabets(pattern), _alphabets(original)
        if len(own) != 1 or len(other) != 1 or own == other:
            return False
        (theirs,), (ours,) = other, own
        return self._unmistakable[theirs] > self._letters[ours]

    @cached_property
    def _letters(self) -> Counter[str]:
        return Counter(map(_alphabet, self._text))

    @cached_property
    def _unmistakable(self) -> Counter[str]:
        return Counter(_alphabet(char) for char in self._text if char not in _TWINS)


def _alphabets(text: str) -> set[str]:
    return {alphabet for alphabet in map(_alphabet, text) if alphabet}


@lru_cache(maxsize=4096)
def _alphabet(char: str) -> str:
    """Which of those that are taken for each other a letter belongs to; "" if to none."""
    if not char.isalpha():
        return ""
    word = unicodedata.name(unicodedata.normalize("NFKD", char)[0], "").split(" ")[0]
    return word if word in _ALPHABETS else ""

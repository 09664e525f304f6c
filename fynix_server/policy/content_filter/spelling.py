"""Whether letters of the same classes are the same word: what may stand for what, and where."""

import re
import unicodedata
from functools import cached_property
from itertools import groupby, pairwise

from fynix_server.policy.content_filter.alphabets import AlphabetCounts
from fynix_server.policy.content_filter.folding import (
    LEET,
    LEET_SYMBOLS,
    FoldedText,
    Table,
    look_alike,
)

Places = list[tuple[int, int]]
"""Where the words of a phrase begin and end in a folded text, or the letters of a word."""

_STANDS_FOR = LEET | LEET_SYMBOLS
# "50s", "100ml", "7th": before a unit there are digits, not letters.
_is_number_with_unit = re.compile(r"\d{2,}\D{1,3}|\d+(?:st|nd|rd|th)").fullmatch
_WORD = re.compile(r"\S+")
# Single letters with one and the same sign between: f.r.e.e.
_SPELLED_OUT = re.compile(r"(?<![^\W_])[^\W_]([\W_])[^\W_](?:\1[^\W_])+(?![^\W_])")
# The end of a sentence or a clause between two words: "I am free. Money is not all."
_is_break = re.compile(r"[.!?,;:…]\s").search
_MAX_SIGNS_BETWEEN_WORDS = 5
# No word has a letter three times in a row.
has_stretch = re.compile(r"(\S)\1\1").search
_REPEATED = re.compile(r"(.)\1+", re.DOTALL)


class Reading:
    """A text in one folding, its words by their classes, and what they spell."""

    def __init__(
        self, text: str, folded: FoldedText, classes: Table, counts: AlphabetCounts
    ) -> None:
        self.folded = folded
        self._text = text
        self._classes = folded.fine.translate(classes)
        self._counts = counts

    @cached_property
    def words(self) -> tuple[Places, list[str]]:
        """Where the words are, and their classes."""
        places = [found.span() for found in _WORD.finditer(self._classes)]
        return places, [self._classes[start:end] for start, end in places]

    def spelled_out(self) -> list[Places]:
        """The single letters of what is spelled out, three and more."""
        found = (it.span() for it in _SPELLED_OUT.finditer(self.folded.fine))
        return [[(at, at + 1) for at in range(start, end, 2)] for start, end in found]

    def classes_at(self, places: Places) -> str:
        return "".join(self._classes[start:end] for start, end in places)

    def says(self, places: Places, word: str, pattern: str) -> bool:
        """Whether one who reads these places reads `word` there, which is `pattern` folded."""
        start, end = self.folded.span(places[0][0], places[-1][1])
        original = self._text[start:end]
        written = "".join(self.folded.fine[start:end] for start, end in places)
        return (
            _is_one_phrase(self.folded.fine, places)
            and _spells(written, original, word)
            and not self._counts.has_foreign_word(original, pattern)
        )


def squeezed(word: str) -> str:
    """Each letter once where it is repeated."""
    return _REPEATED.sub(r"\1", word)


def _is_one_phrase(fine: str, places: Places) -> bool:
    gaps = [fine[end:start] for (_, end), (start, _) in pairwise(places)]
    return not any(
        len(gap.replace(" ", "")) > _MAX_SIGNS_BETWEEN_WORDS or _is_break(gap) for gap in gaps
    )


def _spells(written: str, original: str, word: str) -> bool:
    """Whether `written`, folded from `original`, is `word`, or is that with letters stretched.

    A digit or a sign stands for a letter only among letters; a capital I for an l only beside small
    letters, and an l for that only beside capitals: HAIL is not HALL.
    """
    if written == word:
        return True
    other_case = _read_in_other_case(original)
    is_leet = _can_be_leet(written)
    if has_stretch(written) and len(written) > len(word):
        seen_runs, meant_runs = _runs(written), _runs(word)
        if len(seen_runs) != len(meant_runs) or any(
            seen < meant for (_, seen), (_, meant) in zip(seen_runs, meant_runs, strict=True)
        ):
            return False
        written, word = squeezed(written), squeezed(word)
    return len(written) == len(word) and all(
        seen == meant
        or (is_leet and meant in _STANDS_FOR.get(seen, ""))
        or f"{seen}{meant}" == other_case
        for seen, meant in zip(written, word, strict=True)
    )


def _read_in_other_case(original: str) -> str:
    """Which letter is taken for which other among letters of another case; "" if none is."""
    if any(map(_is_stroke, original)):
        return "li"
    small = {char for char in original if char.islower()}
    if "I" in original and small:
        return "il"
    capitals = [char for char in original if char.isupper()]
    return "li" if small == {"l"} and len(capitals) >= 2 else ""


def _is_stroke(char: str) -> bool:
    """Whether it is a letter of another script that TR39 takes for an l, and a reader as well for
    an I: the Cyrillic palochka, a Hebrew vav. Those that are an l with a stroke are none."""
    if char.isascii() or look_alike(char) != "l":
        return False
    return " L " not in f"{unicodedata.name(char, '')} "


def _runs(word: str) -> list[tuple[str, int]]:
    return [(char, len(list(run))) for char, run in groupby(word)]


def _can_be_leet(written: str) -> bool:
    has_letter = any(char.isalpha() for char in written)
    return has_letter and len(written) >= 3 and not _is_number_with_unit(written)

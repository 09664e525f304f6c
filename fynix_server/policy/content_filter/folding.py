"""Texts as they look: what a reader takes for the same letters becomes the same letters."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

# Scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, kana, bopomofo, Han.
SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
find_spaceless = re.compile(f"[{SPACELESS}]").search

# Marks that decorate a letter and make no other of it: Latin, Greek and Cyrillic accents, lines
# through letters, Hebrew points, Arabic vowels. Vowel signs of Indic scripts and the voicing marks
# of kana are letters by another name.
_is_decoration = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
).match
# Shown as nothing, though not of the category of formats: joiners, fillers, variation selectors,
# and places kept for more of them.
_is_blank = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\uffa0\ufe00-\ufe0f\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
).match

# What generators of fancy text make of letters, and disarm leaves as it is, or takes for
# another.
_IN_FANCY_TEXT = str.maketrans("ⱥƀȼƈғɍяꝗᵽᗩᑕᑎᑫᔕᗯᘔ", "abccfrrqpacnqswz")

# To the eye a c; the compatible form of it is another letter, the usual sigma.
_LUNATE = {"ϲ": "c", "Ϲ": "c"}

# What is written for a letter: every letter of a line may be meant. Which, is checked afterwards.
LEET = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b", "9": "g"}
LEET_SYMBOLS = {"@": "a", "$": "s", "!": "i", "|": "il", "€": "e"}
# One letter for each class of these, so that finding words needs one look at each.
_CLASSES = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "g"}
_CLASSES |= {"9": "g", "l": "i", "b": "g"}
_SYMBOL_CLASSES = {"@": "a", "$": "s", "!": "i", "|": "i", "€": "e"}


def natural(char: str) -> str:
    """A character without its case, its width, its style and its accents; "" if it is not seen."""
    return _folded(char, str.casefold)


def look_alike(char: str) -> str:
    """The same, and as the Latin letter or the digit that it is taken for (Unicode TR39)."""
    return _folded(_LUNATE.get(char, char), _as_latin)


def classes(fine: str) -> str:
    """The classes that letters and digits are looked up by; what is neither becomes a space.

    One character for each: places in the one are places in the other.
    """
    return "".join(_CLASSES.get(char, char) if is_letter(char) else " " for char in fine)


def classes_with_symbols(fine: str) -> str:
    """The same, where @, $, !, | and € are letters too."""
    return classes("".join(_SYMBOL_CLASSES.get(char, char) for char in fine))


def is_letter(char: str) -> bool:
    """Whether it can stand in a word that is set off by spaces: letters, their marks, digits."""
    is_part = char.isalnum() or unicodedata.category(char)[0] == "M"
    return is_part and not find_spaceless(char)


def is_invisible(char: str) -> bool:
    """Whether nothing is shown for it, not even a space."""
    if char.isspace():
        return False
    return unicodedata.category(char) in ("Cc", "Cf") or _is_blank(char) is not None


class Table(dict[int, str]):
    """What a character becomes by a pure function, for `str.translate`; remembered once it is met.

    It grows with what messages contain, up to the assigned characters of Unicode (some 160,000). To
    what is not assigned no letter looks alike: it is a space, and not remembered.
    """

    def __init__(self, fold: Callable[[str], str]) -> None:
        self._fold = fold

    def __missing__(self, code_point: int) -> str:
        char = chr(code_point)
        if unicodedata.category(char) in ("Cn", "Co"):
            return "" if _is_blank(char) else " "
        folded = self[code_point] = self._fold(char)
        return folded


class FoldedText(NamedTuple):
    """A folded text: `fine[i]` was made from the character at `origins[i]`; the last of these is
    the end of the text."""

    fine: str
    origins: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The code points of the original that `fine[start:end]` was made from.

        Takes in what follows unseen, such as accents of the last letter.
        """
        last = self.origins[end - 1]
        after = self.origins[end] if end < len(self.fine) else self.origins[-1]
        return self.origins[start], max(last + 1, after)


def fold_text(text: str, table: Table) -> FoldedText:
    """As `text.translate(table)`, with the origins."""
    if text.isascii() and len(fine := text.translate(table)) == len(text):
        return FoldedText(fine, range(len(text) + 1))
    parts = [(table[ord(char)], place) for place, char in enumerate(text)]
    origins = [place for part, place in parts for _ in part]
    return FoldedText("".join(part for part, _ in parts), [*origins, len(text)])


def _folded(char: str, fold: Callable[[str], str]) -> str:
    if _is_unseen(char):
        return ""
    if find_spaceless(char):
        return unicodedata.normalize("NFKD", char)
    parts = unicodedata.normalize("NFKD", char)
    if len(parts) > 1 and unicodedata.category(char) in ("So", "No"):
        parts = "".join(filter(str.isalnum, parts))  # ⒜ is "(a)", ⒈ is "1."
    return "".join(" " if it.isspace() else fold(it) for it in parts if not _is_unseen(it))


def _is_unseen(char: str) -> bool:
    return bool(_is_decoration(char)) or is_invisible(char)


def _as_latin(char: str) -> str:
    known = char.casefold().translate(_IN_FANCY_TEXT)
    if known.isascii():
        return known
    # Loaded with the first rule: it takes 60 ms, and many servers have none.
    from disarm import normalize_confusables

    seen = normalize_confusables(char)
    return seen.lower() if seen.isascii() and seen.isalnum() else known

"""Words and phrases: found by one look at each word of a text, then spelt out."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from fynix_server.policy.content_filter.alphabets import AlphabetCounts
from fynix_server.policy.content_filter.folding import (
    Table,
    classes,
    classes_with_symbols,
    find_spaceless,
    fold_text,
    is_letter,
    look_alike,
    natural,
)
from fynix_server.policy.content_filter.rules import Hit, Rule
from fynix_server.policy.content_filter.spelling import (
    Places,
    Reading,
    has_stretch,
    squeezed,
)

MAX_PHRASE_WORDS = 10

_FEWEST_LETTERS = 3  # of what is stretched or spelled out

_symbol_among_letters = re.compile(r"[@$!|€＠＄！｜](?=\w)|(?<=\w)[@$|€＠＄｜]").search


class _Word(NamedTuple):
    """A rule as its words are folded, without what separates them."""

    rule: int
    fine: str


class _Alphabet(NamedTuple):
    """One way to read a text: what each character is, and which class that is looked up by."""

    fold: Table
    classes: Table
    quick: Table
    """From a character to its classes in one step."""

    @classmethod
    def of(cls, fold: Callable[[str], str], classes_of: Callable[[str], str]) -> "_Alphabet":
        return cls(Table(fold), Table(classes_of), Table(lambda char: classes_of(fold(char))))


# What they remember of characters is the same whatever the rules are.
_NATURAL = _Alphabet.of(natural, classes)
_LOOK_ALIKE = _Alphabet.of(look_alike, classes)
_WITH_SYMBOLS = _Alphabet.of(look_alike, classes_with_symbols)


class WordIndex:
    """The rules of the kind `word`.

    A text is folded and cut into words, each of which is looked up once; only where one of them is
    of the same classes as that of a rule is it worked out where it stands and what it spells.
    """

    def __init__(self, rules: Iterable[tuple[int, Rule]]) -> None:
        self._patterns: dict[int, str] = {number: rule.pattern for number, rule in rules}
        self._by_classes: dict[tuple[str, ...], list[_Word]] = defaultdict(list)
        self._squeezed: dict[str, list[_Word]] = defaultdict(list)
        self._lengths: dict[str, set[int]] = defaultdict(set)
        self._anywhere: dict[str, list[_Word]] = defaultdict(list)
        for number, pattern in self._patterns.items():
            self._add(number, pattern)

    def find(self, text: str) -> Iterator[Hit]:
        """Where the words stand; a hit may come twice, where it can be read in two ways."""
        if self._by_classes:
            counts = AlphabetCounts(text)
            # What is ASCII looks like nothing else than it is.
            first = [_NATURAL] if text.isascii() else [_NATURAL, _LOOK_ALIKE]
            for alphabet in first:
                yield from self._in_words(text, alphabet, counts)
            if _symbol_among_letters(text):
                yield from self._in_words(text, _WITH_SYMBOLS, counts)
        if self._anywhere and not text.isascii():
            yield from self._parts(text)

    def _add(self, number: int, pattern: str) -> None:
        plain = "".join(map(natural, pattern)).strip()
        if is_found_anywhere(plain):
            self._anywhere[plain[0]].append(_Word(number, plain))
            return
        # Whoever writes Greek or Russian has letters that look like one Latin letter when they are
        # small and like another when they are capitals.
        cases = [pattern.lower(), pattern.upper(), pattern.title()]
        for fine in sorted({plain, *("".join(map(look_alike, case)) for case in cases)}):
            key = tuple(classes(fine).split())
            word = _Word(number, "".join(filter(is_letter, fine)))
            self._by_classes[key].append(word)
            self._lengths[key[0]].add(len(key))
            if len(key) == 1 and len(word.fine) >= _FEWEST_LETTERS:
                self._squeezed[squeezed(key[0])].append(word)

    def _in_words(self, text: str, alphabet: _Alphabet, counts: AlphabetCounts) -> Iterator[Hit]:
        words = text.translate(alphabet.quick)
        tokens = words.split()
        is_listed = not self._lengths.keys().isdisjoint(tokens)
        is_stretched = has_stretch(words) is not None
        is_spelled = any(len(a) == len(b) == len(c) == 1 for a, b, c in _triples(tokens))
        if not (is_listed or is_stretched or is_spelled):
            return
        reading = Reading(text, fold_text(text, alphabet.fold), alphabet.classes, counts)
        for places, found in (
            *(self._whole(reading) if is_listed else ()),
            *(self._stretched(reading) if is_stretched else ()),
            *(self._spelled(reading) if is_spelled else ()),
        ):
            start, end = reading.folded.span(places[0][0], places[-1][1])
            for word in found:
                if reading.says(places, word.fine, self._patterns[word.rule]):
                    yield Hit(word.rule, start, end)

    def _whole(self, reading: Reading) -> Iterator[tuple[Places, list[_Word]]]:
        places, tokens = reading.words
        for first, token in enumerate(tokens):
            for length in self._lengths.get(token, ()):
                found = self._by_classes.get(tuple(tokens[first : first + length]))
                if found:
                    yield places[first : first + length], found

    def _stretched(self, reading: Reading) -> Iterator[tuple[Places, list[_Word]]]:
        for place, token in zip(*reading.words, strict=True):
            if has_stretch(token) and has_stretch(reading.folded.fine[slice(*place)]):
                yield [place], self._squeezed.get(squeezed(token), [])

    def _spelled(self, reading: Reading) -> Iterator[tuple[Places, list[_Word]]]:
        for letters in reading.spelled_out():
            # "a f r e e": a word of one letter may stand before or after.
            for places in (letters, letters[1:], letters[:-1], letters[1:-1]):
                key = reading.classes_at(places)
                if len(places) >= _FEWEST_LETTERS and (key,) in self._by_classes:
                    yield places, self._by_classes[(key,)]

    def _parts(self, text: str) -> Iterator[Hit]:
        fine = text.translate(_NATURAL.fold)
        firsts = set(fine) & self._anywhere.keys()
        words = [it for first in firsts for it in self._anywhere[first] if it.fine in fine]
        if not words:
            return
        folded = fold_text(text, _NATURAL.fold)
        for word in words:
            for found in re.finditer(re.escape(word.fine), fine):
                yield Hit(word.rule, *folded.span(*found.span()))


def is_found_anywhere(pattern: str) -> bool:
    """Whether a word needs no bounds: of a script without spaces, or of signs only."""
    return bool(find_spaceless(pattern)) or not any(map(is_letter, pattern))


def _triples(tokens: list[str]) -> Iterator[tuple[str, str, str]]:
    return zip(tokens, tokens[1:], tokens[2:], strict=False)

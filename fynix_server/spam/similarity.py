"""Which texts are the same, or nearly: normalised, then compared by MinHash."""

import re
import unicodedata
from collections.abc import Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from rensa import RMinHash

from fynix_server.policy.content_filter import Link, links
from fynix_server.protocol.fields import MAX_CONTENT_CODE_POINTS

MIN_CHARACTERS = 24
"""Shorter texts without a link ("thanks", "on my way") everybody says to everybody."""
ALIKE = 0.4
"""The least share of their pieces that texts have in common which count as nearly the same. How
often honest texts reach it by chance is in docs/admin/spam-score.md."""
_PIECE_CHARACTERS = 4  # characters, not words: some languages put no spaces between those
_PERMUTATIONS = 128  # so that a similarity is off by 0.04, give or take
_SEED = 1

_DIGITS = re.compile(r"\d+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


class Comparable(NamedTuple):
    """A text as it is compared: without case, numbers, signs, and what follows a link's domain."""

    words: str
    has_link: bool

    @property
    def is_telling(self) -> bool:
        """Whether it says enough for its being said twice to mean something."""
        return self.has_link or len(self.words) >= MIN_CHARACTERS


def comparable(content: str) -> Comparable:
    """The form in which `content` is compared with others: NFKC, case folded, numbers as one 0."""
    # A single character may become eighteen.
    text = unicodedata.normalize("NFKC", content)[:MAX_CONTENT_CODE_POINTS]
    # Characters that nobody sees (zero-width ones among them) would make equal texts differ.
    seen = "".join(it for it in text if unicodedata.category(it) != "Cf")
    pieces, domains, end = [], 0, 0
    for link in links(seen):
        pieces += [seen[end : link.start], _domain(seen, link)]
        domains, end = domains + 1, link.end
    folded = " ".join([*pieces, seen[end:]]).casefold()
    words = _BETWEEN_WORDS.sub(" ", _DIGITS.sub("0", folded)).strip()
    return Comparable(words, has_link=domains > 0)


def most_alike(said: Mapping[str, AbstractSet[Hashable]]) -> int:
    """The most recipients that one text and those nearly the same went to.

    `said`: for each telling text, in the form of `comparable`, who got it. Each text is compared
    with each: a chain of small changes does not join texts whose ends have little in common.
    """
    texts = list(said)
    near = [set(said[text]) for text in texts]
    for one, other in alike_pairs(texts):
        near[one] |= said[texts[other]]
        near[other] |= said[texts[one]]
    return max(map(len, near), default=0)


def alike_pairs(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places of those that are nearly the same, each pair once; in the form of `comparable`."""
    pieces = [_pieces(text) for text in texts]
    sketches = RMinHash.from_token_sets(pieces, num_perm=_PERMUTATIONS, seed=_SEED)
    for one, sketch in enumerate(sketches):
        for other in range(one):
            if sketch.jaccard(sketches[other]) >= ALIKE:
                yield one, other


def _pieces(text: str) -> list[str]:
    beginnings = range(max(1, len(text) - _PIECE_CHARACTERS + 1))
    return [text[at : at + _PIECE_CHARACTERS] for at in beginnings]


def _domain(text: str, link: Link) -> str:
    written = text[link.host_start : link.host_end].lower()
    host = link.host or written.rpartition("@")[2].partition(":")[0]
    return host.removeprefix("www.")
